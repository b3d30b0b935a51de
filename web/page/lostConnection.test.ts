// What becomes of the line being typed when the connection is lost (pageConversation.ts).

import { describe, expect, test } from 'vitest';
import {
  atMessagePrompt,
  atPasswordPrompt,
  COMMAND,
  FakePage,
} from './pageConversation.harness.ts';

/** A page whose next line may be the right password, or a command. */
function afterWrongPassword(): FakePage {
  return atPasswordPrompt().type('guess\r').receive('301 WRONG PASSWORD\n');
}

const UP = '\x1b[A';
const LEFT = '\x1b[D';
const CTRL_C = '\x03';
const CTRL_R = '\x12';

describe('when the connection is lost, it', () => {
  test('prints the reason, and keeps the typed command and its cursor', () => {
    const page = new FakePage().open().type('MSGG', LEFT).lose();
    expect(page.printed).toEqual([
      '[motd closed the connection (1000)]',
      '[reconnecting; press Enter to try now]',
    ]);
    expect(page.line).toBe('MSG|G');
    expect(page.open().line).toBe(`${COMMAND}MSG|G`);
  });

  test('lets the user edit the line, and Enter connects without sending it', () => {
    const page = new FakePage().open().type('MSGG').lose().type('ET\r');
    expect(page.socket.connects).toBe(1);
    expect(page.line).toBe('MSGGET|');
    page.open().type('\r');
    expect(page.sent).toEqual(['MSGGET\n']);
  });

  test('keeps the first line of a paste, and sends none', () => {
    const page = new FakePage().open().lose().type('\x1b[200~SHUTDOWN\n123!abc\n\x1b[201~');
    expect(page.printed.at(-1)).toContain('only the first pasted line is kept');
    expect(page.socket.connects).toBe(1);
    page.open();
    expect(page.sent).toEqual([]);
    expect(page.line).toBe(`${COMMAND}SHUTDOWN|`);
  });

  test('keeps the typed message, and sends MSGSTORE for it again', () => {
    const page = atMessagePrompt().type('half a mess').lose();
    expect(page.line).toBe('Enter new message of the day: half a mess|');
    page.type('a');
    page.open();
    expect(page.sent).toEqual(['MSGSTORE\n', 'MSGSTORE\n']);
    page.type('ge').receive('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a message|');
    page.type('\r');
    expect(page.sent.at(-1)).toBe('half a message\n');
  });

  test('keeps the typed line of another command, and sends that command for it again', () => {
    const page = new FakePage().open().type('MSGPLAN\r').receive('200 OK\n');
    page.type('/2026').lose();
    expect(page.line).toBe('Enter from, until and message: /2026|');
    page.open();
    expect(page.sent).toEqual(['MSGPLAN\n', 'MSGPLAN\n']);
    page.receive('200 OK\n');
    expect(page.line).toBe('Enter from, until and message: /2026|');
  });

  test('keeps the typed message while the server asks for a password', () => {
    const page = atMessagePrompt().type('half a message').lose().open();
    page.receive('300 PASSWORD REQUIRED\n');
    expect(page.line).toBe('Enter store password: |');
    page.type('secret\r').receive('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a message|');
  });

  test('keeps the typed message on the command prompt if the server rejects MSGSTORE', () => {
    const page = atMessagePrompt().type('half a message').lose().open();
    page.receive('400 UNKNOWN COMMAND\n');
    expect(page.line).toBe(`${COMMAND}half a message|`);
    expect(page.sent).toEqual(['MSGSTORE\n', 'MSGSTORE\n']);
  });

  test('discards a password, and the rest of it that is typed later', () => {
    const page = atPasswordPrompt().type('hunt').lose().type('er').open().type('2', '\r');
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.field).toBe('');
    page.type('MSGGET\r');
    expect(page.sent.at(-1)).toBe('MSGGET\n');
  });

  test('discards the rest of a password through a second loss', () => {
    const page = atPasswordPrompt().type('hunt').lose().open();
    page.lose('motd closed the connection (1000)', false).type('er2').open();
    expect(page.line).toBe('The password was not sent; press Enter to continue: |');
    expect(page.type('\r').line).toBe(`${COMMAND}|`);
  });

  test('discards a half-typed line after a wrong password: it may be the right one', () => {
    const page = afterWrongPassword().type('hunt').lose();
    expect(page.field).toBe('');
    expect(page.line).toBe('The password was not sent; press Enter to continue: |');
    page.type('er2\r').open();
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.sent.at(-1)).toBe('guess\n');
  });

  test('discards a command that holds its password', () => {
    const page = new FakePage().open().type('SHUTDOWN hunt').lose().type('er2\r').open();
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.sent).toEqual([]);
  });

  test.each(['MSGGET', ''])('keeps %j after a wrong password', (command) => {
    const page = afterWrongPassword().type(command).lose().open();
    expect(page.line).toBe(`${COMMAND}${command}|`);
  });

  test('discards a password that was typed ahead of its prompt', () => {
    const page = new FakePage().open().type('SHUTDOWN\r', '12').lose().type('3\r').open();
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('discards a password typed after a SHUTDOWN that was not sent', () => {
    const page = new FakePage().open().lose().type('SHUTDOWN\r', 'hunter2', '\r').open();
    expect(page.sent).toEqual([]);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.type(UP).line).toBe(`${COMMAND}SHUTDOWN|`);
  });

  test('accepts keys again after a command button, too', () => {
    const page = atPasswordPrompt().type('hunt').lose().open();
    page.conversation.command('MSGGET');
    page.receive('200 OK\nthe message\n').type('MSG');
    expect(page.line).toBe(`${COMMAND}MSG|`);
  });

  test('shows until Enter that the password was not sent', () => {
    const page = atPasswordPrompt().type('hunt').lose();
    expect(page.line).toBe('The password was not sent; press Enter to continue: |');
    expect(page.open().line).toBe('The password was not sent; press Enter to continue: |');
  });

  test('discards type-ahead, which may be a password', () => {
    const page = new FakePage().open().type('SHUTDOWN\r123!abc\r12').lose().open().type('\r');
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('does not yank deleted text of a password', () => {
    const page = atPasswordPrompt({ masksPasswords: true }).type('hunter2\x15').lose();
    page.open().type('\r', '\x19');
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('keeps a command that was typed while a reply was awaited', () => {
    const page = new FakePage().open().type('MSGGET\rMSGS').lose();
    expect(page.line).toBe('MSGS|');
  });

  test('keeps showing a search in the history', () => {
    const page = new FakePage().open().type('MSGGET\r').receive('200 OK\nthe message\n');
    page.type(CTRL_R, 'GET').lose();
    expect(page.line).toBe("(reverse-i-search)'GET': MSG|GET");
  });

  test('keeps the match of a search across a reconnect', () => {
    const page = new FakePage().open().type('MSGGET\r').receive('200 OK\nthe message\n');
    page.type(CTRL_R, 'GET').lose().open();
    expect(page.sent).toEqual(['MSGGET\n']);
    expect(page.line).toContain('MSG|GET');
  });

  test('prints nothing for attempts that fail', () => {
    const page = new FakePage().open().lose();
    const before = page.printed.length;
    page.fail().fail();
    page.open().lose('motd refused the connection: is it running? (1014)', false);
    expect(page.printed).toHaveLength(before);
    expect(page.line).toBe('|');
  });

  test('stops reconnecting if the server rejects the user', () => {
    const page = new FakePage().open().lose().open().receive('421 TOO MANY CONNECTIONS\n');
    page.lose('motd closed the connection (1000)', false);
    expect(page.socket.isRetryingStopped).toBe(true);
    expect(page.printed.at(-1)).toBe('[press Enter to connect]');
  });

  test('keeps the typed message through a second loss before its prompt', () => {
    const page = atMessagePrompt().type('half a mess').lose().open();
    page.lose('motd refused the connection: is it running? (1014)', false);
    expect(page.line).toBe('Enter new message of the day: half a mess|');
    page.open().receive('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a mess|');
  });

  test('keeps the typed message through a loss at the password prompt before it', () => {
    const page = atMessagePrompt().type('half a mess').lose().open();
    page.receive('300 PASSWORD REQUIRED\n').type('hunt').lose();
    expect(page.field).toBe('');
    page
      .type('er2\r')
      .open()
      .receive('300 PASSWORD REQUIRED\n')
      .type('hunter2\r')
      .receive('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a mess|');
  });

  test('asks again for a wrong password, and keeps the typed message', () => {
    const page = atMessagePrompt().type('half a mess').lose().open();
    for (const password of ['wrong', 'worse']) {
      page.receive('300 PASSWORD REQUIRED\n').type(`${password}\r`);
      page.receive('301 WRONG PASSWORD\n');
      expect(page.sent.at(-1)).toBe('MSGSTORE\n');
    }
    page.receive('300 PASSWORD REQUIRED\n').type('secret\r').receive('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a mess|');
  });

  test('keeps the typed message after too many wrong passwords', () => {
    const page = atMessagePrompt().type('half a mess').lose().open();
    page.receive('300 PASSWORD REQUIRED\n').type('wrong\r');
    page.receive('421 TOO MANY WRONG PASSWORDS\n').lose();
    expect(page.line).toBe('Enter new message of the day: half a mess|');
  });

  test('does not resume a message that was discarded meanwhile', () => {
    const page = atMessagePrompt().type('half a mess').lose().type(CTRL_C).open();
    expect(page.sent).toEqual(['MSGSTORE\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('prints the loss of a stable connection', () => {
    const page = new FakePage().open().lose();
    const before = page.printed.length;
    page.open().type('MSGG').lose();
    expect(page.printed).toHaveLength(before + 2);
    expect(page.line).toBe('MSGG|');
  });

  test('prints the loss of a conversation that the user started', () => {
    const page = new FakePage().open().type('QUIT\r').receive('200 OK\n').lose();
    page.socket.isRetryingStopped = false;
    page.open().lose('motd closed the connection (1000)', false);
    expect(page.printed.slice(-2)).toEqual([
      '[motd closed the connection (1000)]',
      '[reconnecting; press Enter to try now]',
    ]);
  });

  test('prints the loss if something was sent, and discards a password typed ahead', () => {
    const page = new FakePage({ masksPasswords: true }).open().lose().open();
    page.type('SHUTDOWN\rhunter2\rhun').lose('motd closed the connection (1000)', false).open();
    page.type('\r');
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.printed.filter((line) => line.includes('(1000)'))).toHaveLength(2);
  });

  test('prints a later loss if something was sent meanwhile', () => {
    const page = new FakePage()
      .open()
      .lose()
      .open()
      .type('MSGGET\r')
      .receive('200 OK\nthe message\n')
      .lose();
    expect(page.printed.filter((line) => line.includes('(1000)'))).toHaveLength(2);
  });
});

test('prints once why the first attempt failed', () => {
  const page = new FakePage().fail('the bridge cannot be reached').fail();
  expect(page.printed).toEqual([
    '[the bridge cannot be reached]',
    '[reconnecting; press Enter to try now]',
  ]);
});
