import { expect, test } from 'vitest';
import { createService } from './lineService.ts';

const service = createService({
  name: 'redis',
  isDefault: false,
  hasOthers: false,
  isTelnet: false,
  showsColor: false,
  isReadOnly: false,
  profile: { secretCommands: ['AUTH', 'HELLO 3 AUTH'] },
});

test.each([
  ['AUTH secret', 'AUTH ••••••'],
  [' auth a b', ' auth •••'],
  ['HELLO 3 AUTH a', 'HELLO 3 AUTH •'],
  ['AUTH', 'AUTH'],
  ['AUTHOR x', 'AUTHOR x'],
  ['GET AUTH x', 'GET AUTH x'],
])('hides what follows a secret command: %s', (line, shown) => {
  expect(service.conceal?.(line)).toBe(shown);
});
