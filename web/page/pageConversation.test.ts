import { describe, expect, test } from 'vitest';
import { LineMode } from '../../client/dialogue/lineMode.ts';
import { ReadOnlyMode } from '../../client/dialogue/readOnlyMode.ts';
import { FakePage, type PageOptions } from './pageConversation.harness.ts';

const COMMAND = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';
const UP = '\x1b[A';
const LEFT = '\x1b[D';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_R = '\x12';

/** A page at the prompt for a message. */
function atMessagePrompt(): FakePage {
  return new FakePage().open().type('MSGSTORE\r').receive('200 OK\n');
}

/** A page at the prompt for a password. */
function atPasswordPrompt(options?: PageOptions): FakePage {
  return new FakePage(options).open().type('SHUTDOWN\r').receive('300 PASSWORD REQUIRED\n');
}

test('sends a completed line, and prints the reply', () => {
  const page = new FakePage().open().type('MSGGET', '\r').receive('200 OK\nthe message\n');
  expect(page.sent).toEqual(['MSGGET\n']);
  expect(page.printed).toEqual([
    `${COMMAND}MSGGET`,
    'Client: MSGGET',
    'Server: 200 OK',
    'the message',
  ]);
  expect(page.line).toBe(`${COMMAND}|`);
});

test('announces each reply once, and each new prompt', () => {
  const page = new FakePage().open().type('MSGGET\r').receive('200 OK\nthe message\n');
  expect(page.announced).toEqual([COMMAND, 'Server: 200 OK', 'the message']);
  page.type('SHUTDOWN\r').receive('300 PASSWORD REQUIRED\n');
  expect(page.announced.slice(3)).toEqual([
    'Server: 300 PASSWORD REQUIRED',
    'Enter shutdown password: ',
  ]);
});

test('awaits a reply from sending a line until the reply arrives', () => {
  const page = new FakePage().open();
  expect(page.isAwaiting).toBe(false);
  expect(page.type('MSGGET\r').isAwaiting).toBe(true);
  expect(page.receive('200 OK\n').isAwaiting).toBe(false);
});

test('keeps the typed line when a command button is pressed', () => {
  const page = new FakePage().open().type('half a line');
  page.conversation.command('MSGGET');
  page.conversation.command('QUIT');
  expect(page.sent).toEqual(['MSGGET\n']);
  page.receive('200 OK\nthe message\n');
  expect(page.line).toBe(`${COMMAND}half a line|`);
});

test('keeps the cursor of the line that is typed while a command button awaits its reply', () => {
  const page = new FakePage().open();
  page.conversation.command('MSGGET');
  page.type('MSGG', LEFT).receive('200 OK\nthe message\n');
  expect(page.line).toBe(`${COMMAND}MSG|G`);
});

test('keeps a line with a leading space out of the history', () => {
  const page = new FakePage().open().type(' MSGGET\r').receive('200 OK\nthe message\n');
  expect(page.type(UP).line).toBe(`${COMMAND}|`);
});

test('answers prompts with type-ahead, in order', () => {
  const page = new FakePage().type('MSGSTORE\ra message\rMSG').open();
  expect(page.sent).toEqual(['MSGSTORE\n']);
  page.receive('200 OK\n').receive('200 OK\n');
  expect(page.sent).toEqual(['MSGSTORE\n', 'a message\n']);
  expect(page.line).toBe(`${COMMAND}MSG|`);
});

test('answers prompts with type-ahead after SHUTDOWN in place of a message', () => {
  const page = atMessagePrompt().type('SHUTDOWN\rMSGGET\r');
  page.receive('EXPECTED MOTD, RECEIVED COMMAND\n');
  expect(page.sent).toEqual(['MSGSTORE\n', 'SHUTDOWN\n', 'MSGGET\n']);
});

test('prints an arriving message above the line being typed', () => {
  const page = new FakePage().open().type('MSGWATCH\r').receive('200 OK\none\n');
  page.type('MSGG', LEFT).receive('two\n');
  expect(page.printed.at(-1)).toBe('two');
  expect(page.line).toBe(`${COMMAND}MSG|G`);
});

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

describe('keys that send no line', () => {
  test('Ctrl-C leaves the line on the screen, and prompts again', () => {
    const page = new FakePage().open().type('MSGG', CTRL_C);
    expect(page.printed).toEqual([`${COMMAND}MSGG^C`]);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.sent).toEqual([]);
  });

  test('Ctrl-D on an empty line sends QUIT', () => {
    expect(new FakePage().open().type(CTRL_D).sent).toEqual(['QUIT\n']);
  });

  test.each([CTRL_C, CTRL_D])('%j cancels nothing while a reply is awaited', (key) => {
    const page = new FakePage().open().type('SHUTDOWN\r', key);
    expect(page.socket).toMatchObject({ isClosed: false, connects: 0 });
    expect(page.receive('300 PASSWORD REQUIRED\n').line).toBe('Enter shutdown password: |');
  });

  test('Ctrl-D does not overtake the lines before it', () => {
    const page = new FakePage().open().type(`MSGGET\r${CTRL_D}`);
    expect(page.sent).toEqual(['MSGGET\n']);
  });

  test('Tab prints the completions above the line', () => {
    const page = new FakePage().open().type('MSG', '\t');
    expect(page.printed).toEqual([
      'MSGGET  MSGSTORE  MSGWATCH  MSGHIST  MSGPLAN  MSGPLANS  MSGCANCEL  MSGINFO  MSGLIST  MSGREPLACE',
    ]);
    expect(page.line).toBe(`${COMMAND}MSG|`);
  });
});

describe('Ctrl-C and Ctrl-D at a prompt for the rest of a command', () => {
  const CANCELED = '[canceled; nothing was changed]';

  test.each([
    ['a message', atMessagePrompt, 'Enter new message of the day: '],
    ['a password', atPasswordPrompt, 'Enter shutdown password: '],
  ])('cancel the prompt for %s in another session', (_, atPrompt, prompt) => {
    for (const [keys, left] of [
      [`half${CTRL_C}`, `${prompt}half^C`],
      [CTRL_D, `${prompt}^D`],
    ] as const) {
      const page = atPrompt();
      const sent = [...page.sent];
      page.type(keys);
      expect(page.printed.slice(-2)).toEqual([left, CANCELED]);
      expect(page.socket).toMatchObject({ isClosed: true, connects: 1 });
      page.open();
      expect(page.line).toBe(`${COMMAND}|`);
      expect(page.sent).toEqual(sent);
      expect(page.printed.at(-1)).toBe(CANCELED);
    }
  });

  test('keep the line that a command button has set aside', () => {
    const page = new FakePage().open().type('half a line');
    page.conversation.command('SHUTDOWN');
    page.receive('300 PASSWORD REQUIRED\n').type('123', CTRL_C).open();
    expect(page.line).toBe(`${COMMAND}half a line|`);
  });

  test('keep an interrupted message on the line, and do not send its command again', () => {
    const page = atMessagePrompt().type('half a mess').lose().open();
    page.receive('300 PASSWORD REQUIRED\n').type(CTRL_C).open();
    expect(page.sent).toEqual(['MSGSTORE\n', 'MSGSTORE\n']);
    expect(page.line).toBe(`${COMMAND}half a mess|`);
  });

  test('keep what is typed before the command prompt is back', () => {
    const page = atMessagePrompt().type(CTRL_C, 'MSGGET\r').open();
    expect(page.sent).toEqual(['MSGSTORE\n']);
    expect(page.line).toBe(`${COMMAND}MSGGET|`);
  });

  test('report once why another session cannot be opened', () => {
    const page = atMessagePrompt().type(CTRL_C).connecting().fail('refused').connecting().fail();
    expect(page.printed.slice(-3)).toEqual([
      CANCELED,
      '[refused]',
      '[reconnecting; press Enter to try now]',
    ]);
  });
});

describe('a password', () => {
  test('does not enter the history', () => {
    const page = atPasswordPrompt().type('123!abd\r').receive('301 WRONG PASSWORD\n');
    expect(page.type(UP).line).toBe(`${COMMAND}SHUTDOWN|`);
  });

  test('is discarded if it was typed ahead and its prompt does not come', () => {
    const page = new FakePage()
      .open()
      .type('SHUTDOWN\r123!abc\r12')
      .receive('400 UNKNOWN COMMAND\n');
    expect(page.type('3\r').sent).toEqual(['SHUTDOWN\n']);
    expect(page.type('MSGGET\r').sent.at(-1)).toBe('MSGGET\n');
  });

  test('shows as typed, as in the original', () => {
    expect(atPasswordPrompt().type('123').line).toBe('Enter shutdown password: 123|');
  });

  test('shows as bullets everywhere if masked', () => {
    const page = atPasswordPrompt({ masksPasswords: true }).type('1é3', LEFT);
    expect(page.line).toBe('Enter shutdown password: ••|•');
    page.type('\r');
    expect(page.printed.slice(-2)).toEqual(['Enter shutdown password: •••', 'Client: •••']);
    expect(page.sent.at(-1)).toBe('1é3\n');
    const canceled = atPasswordPrompt({ masksPasswords: true }).type('123', CTRL_C);
    expect(canceled.printed).toContain('Enter shutdown password: •••^C');
  });
});

describe('in line mode', () => {
  const lineMode = { createConversation: () => new LineMode('redis') };

  test('sends a line unchanged, and prints replies above the next', () => {
    const page = new FakePage(lineMode).open().type(' GET x \r');
    expect(page.sent).toEqual([' GET x \n']);
    page.type('SE').receive('$-1\r\n');
    expect(page.printed).toEqual(['redis>  GET x ', '$-1']);
    expect(page.line).toBe('redis> SE|');
  });

  test('discards a password when another prompt replaces its own', () => {
    const page = new FakePage(lineMode).open().receive('Password: ').type('hunt');
    page.receive('\r\nLogin timed out\r\nlogin: ').type('er2\r');
    expect(page.sent).toEqual([]);
    expect(page.type(UP).line).toBe('login: |');
  });

  test('treats the commands of the message server as text, even while disconnected', () => {
    const page = new FakePage(lineMode).open().lose().type('SHUT', '\t', 'DOWN\r');
    expect(page.line).toBe('SHUTDOWN|');
  });

  test('sends the lines of a paste after SHUTDOWN, too', () => {
    const page = new FakePage(lineMode).open().type('SHUTDOWN\rNOSAVE\rPING');
    expect(page.sent).toEqual(['SHUTDOWN\n', 'NOSAVE\n']);
    expect(page.line).toBe('redis> PING|');
  });

  test('closes the connection at Ctrl-D on an empty line', () => {
    const page = new FakePage(lineMode).open().type(CTRL_D);
    expect(page.socket.isClosed).toBe(true);
    expect(page.printed).toEqual(['[this page closed the connection]', '[press Enter to connect]']);
  });
});

describe('in line mode, while the service hides what is typed', () => {
  const HIDE = '{"localEcho":false}';
  const SHOW = '{"localEcho":true}';

  function hiding(): FakePage {
    const page = new FakePage({ createConversation: () => new LineMode('mud') }).open();
    page.conversation.notified(HIDE);
    return page;
  }

  test('masks it, whatever the settings say, sends it, and keeps it in no history', () => {
    const page = hiding().type('hunter2');
    expect(page.line).toBe('mud> •••••••|');
    page.type('\r');
    expect(page.sent).toEqual(['hunter2\n']);
    expect(page.printed).toEqual(['mud> •••••••']);
    page.conversation.notified(SHOW);
    expect(page.type(UP).line).toBe('mud> |');
    expect(page.type('look').line).toBe('mud> look|');
  });

  test('announces that nothing shows, and that it shows again', () => {
    const page = hiding();
    page.receive('Password: ');
    page.conversation.notified(SHOW);
    expect(page.announced).toEqual([
      'mud> ',
      'mud>  (not shown)',
      'Password:  (not shown)',
      'Password: ',
    ]);
  });

  test('discards what was typed of it when the connection is lost, or the service shows it', () => {
    const page = hiding().type('hunt');
    page.conversation.notified(SHOW);
    page.type('er2\r');
    expect(page.line).toBe('mud> |');
    page.conversation.notified(HIDE);
    page.type('hunt').lose().type('er2\r');
    expect(page.sent).toEqual([]);
    expect(page.line).toBe('|');
  });
});

describe('with a service that is only read', () => {
  const reader = { createConversation: () => new ReadOnlyMode('read only', false) };

  test('shows its lines, and no prompt', () => {
    const page = new FakePage(reader).open().receive('one\ntwo\nthr');
    expect(page.printed).toEqual(['[read only]', 'one', 'two']);
    expect(page.line).toBe(undefined);
    expect(page.sent).toEqual([]);
  });

  test('connects again at Enter, and prints nothing for attempts that fail at once', () => {
    const page = new FakePage(reader).open().receive('one\n').lose().type('\r');
    expect(page.socket.connects).toBe(1);
    const before = page.printed.length;
    page.open().lose('refused', false);
    expect(page.printed.slice(before)).toEqual(['[read only]']);
    page.open().receive('two\n').lose('gone', false);
    expect(page.printed).toContain('[gone]');
  });
});

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

describe('the hint on how to begin', () => {
  test('is shown with the first prompt', () => {
    expect(new FakePage().startHint).toBe('unused');
    expect(new FakePage().open().startHint).toBe('shown');
  });

  test.each<[what: string, act: (page: FakePage) => unknown]>([
    ['a key', (page) => page.type(LEFT)],
    ['text in the field', (page) => page.conversation.replace('M')],
    ['a command’s button', (page) => page.conversation.command('MSGGET')],
    ['output', (page) => page.receive('421 IDLE TOO LONG\n')],
    ['a lost connection', (page) => page.lose()],
  ])('is removed by %s, and does not come back with a new connection', (_what, act) => {
    const page = new FakePage().open();
    act(page);
    expect(page.startHint).toBe('removed');
    expect(page.open().startHint).toBe('removed');
  });

  test('is not shown if something was typed before the prompt', () => {
    expect(new FakePage().type('MSG').open().startHint).toBe('removed');
  });
});
