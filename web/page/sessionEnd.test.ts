// How the page goes on after a session (pageConversation.ts).

import { describe, expect, test } from 'vitest';
import {
  atMessagePrompt,
  atPasswordPrompt,
  COMMAND,
  FakePage,
} from './pageConversation.harness.ts';

describe('a page that is loaded again to log in', () => {
  /** The page before and after. */
  function reload(before: FakePage): FakePage {
    const { keptLine } = before.conversation;
    const after = new FakePage();
    if (keptLine) after.conversation.restore(keptLine);
    return after;
  }

  test('keeps a command that was being typed', () => {
    const page = reload(new FakePage().open().type('MSGG').lose());
    expect(page.line).toBe('MSGG|');
    expect(page.open().line).toBe(`${COMMAND}MSGG|`);
    expect(page.sent).toEqual([]);
  });

  test('continues a message that was being typed', () => {
    const page = reload(atMessagePrompt().type('half a mess').lose()).open();
    expect(page.sent).toEqual(['MSGSTORE\n']);
    page.receive('200 OK\n').type('age\r');
    expect(page.sent).toEqual(['MSGSTORE\n', 'half a message\n']);
  });

  test('asks before that message replaces one that has changed since', () => {
    const page = reload(atMessagePrompt().type('mine').lose());
    page.message = 'seen';
    page.open().receive('200 OK\n');
    page.message = 'theirs';
    expect(page.type('\r').sent).toEqual(['MSGSTORE\n']);
  });

  test.each([
    ['a password', () => atPasswordPrompt().type('123!')],
    ['a line that begins with a space', () => new FakePage().open().type(' AUTH secret')],
    ['a SHUTDOWN with its password', () => new FakePage().lose().type('SHUTDOWN 123!abc')],
    ['a line that has been sent', () => new FakePage().open().type('MSGGET\r')],
  ])('does not keep %s', (_what, typed) => {
    expect(typed().lose().conversation.keptLine).toBeUndefined();
  });

  test('does not keep what follows a discarded password', () => {
    const page = atPasswordPrompt().type('123!').lose().type('abc');
    expect(page.conversation.keptLine).toBeUndefined();
  });
});

describe('at the end of a session, it', () => {
  test('starts another one at Enter only, after QUIT', () => {
    const page = new FakePage().open().type('QUIT\r').receive('200 OK\n').lose();
    expect(page.socket).toMatchObject({ connects: 0, isRetryingStopped: true });
    expect(page.printed.at(-1)).toBe('[session ended; press Enter to start another]');
    page.type('\r');
    expect(page.socket.connects).toBe(1);
  });

  test('prints how to start the server, after SHUTDOWN', async () => {
    const page = atPasswordPrompt().type('123!abc\r').receive('200 OKAY\n').lose();
    expect(page.socket.isRetryingStopped).toBe(true);
    await Promise.resolve();
    expect(page.printed.at(-1)).toBe('[how to go on]');
  });

  test('no longer prints that once the user has gone on', async () => {
    const page = atPasswordPrompt().type('123!abc\r').receive('200 OKAY\n').lose();
    page.type('\r').connecting().open();
    await Promise.resolve();
    expect(page.printed).not.toContain('[how to go on]');
  });

  test.each(['quit', 'shutDown'] as const)('knows that it was by %s', (ending) => {
    const page =
      ending === 'quit'
        ? new FakePage().open().type('QUIT\r').receive('200 OK\n')
        : atPasswordPrompt().type('123!abc\r').receive('200 OKAY\n');
    expect(page.conversation.ending).toBe(ending);
  });

  test('prints why another one cannot begin', () => {
    const page = new FakePage().open().type('QUIT\r').receive('200 OK\n').lose();
    page.type('\r');
    page.connecting().fail('the bridge cannot be reached');
    expect(page.printed.slice(-2)).toEqual([
      '[the bridge cannot be reached]',
      '[reconnecting; press Enter to try now]',
    ]);
  });

  test('does not send type-ahead in the next session', () => {
    const page = new FakePage()
      .open()
      .type('QUIT\rSHUTDOWN\r123!abc\rMSG')
      .receive('200 OK\n')
      .lose()
      .open();
    expect(page.sent).toEqual(['QUIT\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('stops reconnecting if the server rejects the user', () => {
    const page = new FakePage().open().receive('421 TOO MANY CONNECTIONS\n').lose();
    expect(page.socket.isRetryingStopped).toBe(true);
    expect(page.printed.at(-1)).toBe('[press Enter to connect]');
  });

  test('reconnects if the server is shutting down', () => {
    const page = new FakePage().open().receive('421 SERVER SHUTTING DOWN\n').lose();
    expect(page.socket.isRetryingStopped).toBe(false);
  });
});
