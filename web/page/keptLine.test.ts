import { expect, test } from 'vitest';
import { parseKept } from './keptLine.ts';

test.each([
  { line: 'MSGG' },
  {
    line: 'half a mess',
    messagePrompt: { kind: 'MSGSTORE', text: 'Enter new message of the day: ' },
  },
])('restores %j', (kept) => {
  expect(parseKept(JSON.stringify(kept))).toEqual(kept);
});

test.each([
  null,
  'MSGG',
  [],
  {},
  { line: 1 },
  { line: 'a', messagePrompt: null },
  { line: 'a', messagePrompt: { kind: 'SHUTDOWN', text: '' } },
  { line: 'a', messagePrompt: { kind: 'MSGSTORE' } },
])('restores nothing from %j', (other) => {
  expect(parseKept(JSON.stringify(other))).toBeUndefined();
});
