import { describe, expect, test } from 'vitest';
import {
  atMessagePrompt,
  atPasswordPrompt,
  COMMAND,
  FakePage,
} from './pageConversation.harness.ts';

const UP = '\x1b[A';
const LEFT = '\x1b[D';
const CTRL_C = '\x03';
const CTRL_D = '\x04';

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

test('awaits the reply still when the network is back, if the connection outlasted that', () => {
  const page = new FakePage().open().type('MSGGET\r');
  page.conversation.stateChanged({ is: 'offline', reason: 'no network' });
  // The status, which showed the network, does not remember it.
  page.isAwaiting = false;
  page.conversation.stateChanged({ is: 'connected' });
  expect(page.isAwaiting).toBe(true);
  expect(page.receive('200 OK\nthe message\n').isAwaiting).toBe(false);
  page.conversation.stateChanged({ is: 'connected' });
  expect(page.isAwaiting).toBe(false);
});

test('keeps the typed line when a command button is pressed', () => {
  const page = new FakePage().open().type('half a line');
  page.conversation.command('MSGGET');
  page.conversation.command('QUIT');
  expect(page.sent).toEqual(['MSGGET\n']);
  page.receive('200 OK\nthe message\n');
  expect(page.line).toBe(`${COMMAND}half a line|`);
});

test('discards what may be a password when a command button is pressed after a wrong one', () => {
  const page = atPasswordPrompt().type('guess\r').receive('301 WRONG PASSWORD\n').type('hunt');
  page.conversation.command('MSGGET');
  page.receive('200 OK\nthe message\n');
  expect(page.line).toBe(`${COMMAND}|`);
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

  test.each(['SHUTDOWN 123!abc', 'shutdown 123!abc'])(
    'does not enter the history in %j',
    (line) => {
      const page = new FakePage().open().type(`${line}\r`);
      expect(page.sent).toEqual([`${line}\n`]);
      expect(page.history.lines).toEqual([]);
    },
  );

  test('does not enter the history after a wrong one, where a command is expected', () => {
    const page = atPasswordPrompt().type('123!abd\r').receive('301 WRONG PASSWORD\n');
    page.type('123!abc\r').receive('400 UNKNOWN COMMAND\n');
    expect(page.printed.slice(-3)).toEqual([
      'Client: 123!abc',
      'Server: 400 UNKNOWN COMMAND',
      '[to try again, type SHUTDOWN first]',
    ]);
    page.type('123!abc\r').receive('400 UNKNOWN COMMAND\n');
    page.type('MSGGET\r').receive('200 OK\nthe message\n');
    page.type('FOO\r').receive('400 UNKNOWN COMMAND\n');
    expect(page.history.lines).toEqual(['SHUTDOWN', 'MSGGET', 'FOO']);
  });

  test('is discarded if it was typed ahead after a wrong one, and its prompt does not come', () => {
    const page = atPasswordPrompt().type('123!abd\r').receive('301 WRONG PASSWORD\n');
    page.type('SHUTDOWN\r123').receive('400 UNKNOWN COMMAND\n');
    expect(page.type('!abc\r').sent.at(-1)).toBe('SHUTDOWN\n');
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
    page.receive('301 WRONG PASSWORD\n').type('1é4\r');
    expect(page.printed.slice(-2)).toEqual([`${COMMAND}•••`, 'Client: •••']);
    page.receive('400 UNKNOWN COMMAND\n').type('MSGGET\r');
    expect(page.printed.slice(-2)).toEqual([`${COMMAND}MSGGET`, 'Client: MSGGET']);
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
