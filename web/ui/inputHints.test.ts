import { expect, test } from 'vitest';
import type { PromptKind } from '../../client/dialogue/conversation.ts';
import { inputHints } from './inputHints.pure.ts';

test('capitalizes commands, and the start of a message', () => {
  expect(inputHints('command').autocapitalize).toBe('characters');
  expect(inputHints('MSGSTORE').autocapitalize).toBe('sentences');
});

test.each<PromptKind>(['MSGPLAN', 'MSGREPLACE'])(
  'checks the spelling of the message of %s, and leaves the case of what is before it',
  (kind) => {
    expect(inputHints(kind)).toMatchObject({ autocapitalize: 'none', spellcheck: true });
  },
);

test('shows digits where a number is asked for', () => {
  expect(inputHints('MSGCANCEL')).toMatchObject({ inputMode: 'numeric', spellcheck: false });
});

test.each<PromptKind | undefined>(['password', 'storePassword', 'hidden', 'line', undefined])(
  'neither changes nor checks what may be a password: %s',
  (kind) => {
    expect(inputHints(kind)).toEqual({
      autocapitalize: 'none',
      inputMode: 'text',
      spellcheck: false,
    });
  },
);
