// What the page asks before it replaces a message (replaceable.pure.ts).

import { describe, expect, test } from 'vitest';
import { FakePage } from './pageConversation.harness.ts';

describe('a message that changes while the user writes another', () => {
  const ASKED = '[the message has changed; press Enter again to replace it]';

  /** A page at the prompt for a message, which began when the message was `seen`. */
  function writing(seen: string | undefined): FakePage {
    const page = new FakePage();
    page.message = seen;
    return page.open().type('MSGSTORE\r').receive('200 OK\n');
  }

  test('is replaced only by a second Enter', () => {
    const page = writing('seen').type('mine');
    page.message = 'theirs';
    page.type('\r');
    expect(page.sent).toEqual(['MSGSTORE\n']);
    expect(page.printed.at(-1)).toBe(ASKED);
    expect(page.announced.at(-1)).toBe(ASKED);
    expect(page.line).toBe('Enter new message of the day: mine|');
    expect(page.type('\r').sent).toEqual(['MSGSTORE\n', 'mine\n']);
  });

  test('is asked about again if it changes again', () => {
    const page = writing('seen').type('mine');
    page.message = 'theirs';
    page.type('\r');
    page.message = 'another';
    page.type('\r');
    expect(page.printed.filter((line) => line === ASKED)).toHaveLength(2);
    expect(page.sent).toEqual(['MSGSTORE\n']);
  });

  test('does not hold back a command, which stores nothing', () => {
    const page = writing('seen');
    page.message = 'theirs';
    expect(page.type('QUIT\r').sent).toEqual(['MSGSTORE\n', 'QUIT\n']);
  });

  test('is not asked about if it is the own message, which arrives late', () => {
    const page = writing('seen').type('first\r').receive('200 OK\n');
    page.type('MSGSTORE\r').receive('200 OK\n');
    page.message = 'first';
    expect(page.type('second\r').sent.at(-1)).toBe('second\n');
  });

  test('is asked about if its text is that of an own message which had arrived', () => {
    const page = writing('seen').type('first\r').receive('200 OK\n');
    page.message = 'first';
    page.type('MSGSTORE\r').receive('200 OK\n').type('second\r').receive('200 OK\n');
    page.message = 'second';
    page.type('MSGSTORE\r').receive('200 OK\n');
    page.message = 'first';
    expect(page.type('third\r').printed.at(-1)).toBe(ASKED);
  });

  test('is not asked about if the page knew no message before', () => {
    const page = writing(undefined);
    page.message = 'the first one received';
    expect(page.type('mine\r').sent.at(-1)).toBe('mine\n');
  });

  test('is asked about although the connection was lost meanwhile', () => {
    const page = writing('seen').type('mine').lose();
    page.message = 'theirs';
    page.open().receive('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: mine|');
    page.type('\r');
    expect(page.printed.at(-1)).toBe(ASKED);
    expect(page.type('\r').sent.at(-1)).toBe('mine\n');
  });

  test('discards the lines pasted after it, which were for other prompts', () => {
    const page = writing('seen');
    page.message = 'theirs';
    page.type('mine\rMSGGET\r');
    expect(page.line).toBe('Enter new message of the day: mine|');
    expect(page.sent).toEqual(['MSGSTORE\n']);
  });
});
