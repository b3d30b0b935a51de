import { describe, expect, test } from 'vitest';
import { WRITE_COMMANDS } from '../../protocol/commands.ts';
import type { Effect } from './conversation.ts';
import { Dialogue, PROMPTS } from './dialogue.ts';

/** The text that the effects display and send. */
function shown(effects: Effect[]): { screen: string; sent: string } {
  let screen = '';
  let sent = '';
  for (const effect of effects) {
    if (effect.do === 'print') screen += `${effect.line}\n`;
    if (effect.do === 'ask') screen += effect.prompt;
    if (effect.do === 'stopAsking') screen += '\n';
    if (effect.do === 'send') sent += effect.text;
    if (effect.do === 'end') screen += `<${effect.ending}>`;
  }
  return { screen, sent };
}

/** A dialogue in which these lines were typed, each answered with its reply. */
function dialogueAfter(...exchanges: [typed: string, reply?: string][]): Dialogue {
  const dialogue = new Dialogue();
  dialogue.start();
  for (const [typed, reply] of exchanges) {
    dialogue.typed(typed);
    if (reply !== undefined) dialogue.received(`${reply}\n`);
  }
  return dialogue;
}

const COMMAND = PROMPTS.command;

// The six mission cases: cli/conversation.test.ts.

test('starts with a prompt for a command', () => {
  expect(new Dialogue().start()).toEqual([{ do: 'ask', for: 'command', prompt: COMMAND }]);
});

test('prints a typed line as the client’s, and sends it with LF', () => {
  expect(shown(dialogueAfter().typed('MSGGET'))).toEqual({
    screen: 'Client: MSGGET\n',
    sent: 'MSGGET\n',
  });
});

test('drops white space at both ends, as the server does', () => {
  expect(shown(dialogueAfter().typed('  QUIT \r')).sent).toBe('QUIT\n');
});

test.each(['', '  ', '\t'])('prompts again for the blank line %j, and sends nothing', (line) => {
  expect(shown(dialogueAfter().typed(line))).toEqual({ screen: COMMAND, sent: '' });
});

test('prompts for the message again after a blank line', () => {
  const dialogue = dialogueAfter(['MSGSTORE', '200 OK']);
  expect(shown(dialogue.typed('')).screen).toBe(PROMPTS.MSGSTORE);
});

test.each<[typed: string, reply: string, then: string]>([
  ['MSGGET', '200 OK\nthe message', `Server: 200 OK\nthe message\n${COMMAND}`],
  ['MSGSTORE', '200 OK', `Server: 200 OK\n${PROMPTS.MSGSTORE}`],
  ['MSGSTORE', '300 PASSWORD REQUIRED', `Server: 300 PASSWORD REQUIRED\n${PROMPTS.storePassword}`],
  ['MSGHIST', '200 OK\nT a\nT b\n.', `Server: 200 OK\nT a\nT b\n${COMMAND}`],
  ['MSGLIST', '200 OK\n1 T / - a\n.', `Server: 200 OK\n1 T / - a\n${COMMAND}`],
  ['MSGPLANS', '200 OK\n.', `Server: 200 OK\n${COMMAND}`],
  ['MSGINFO', '200 OK\n0 - / - a', `Server: 200 OK\n0 - / - a\n${COMMAND}`],
  ['MSGPLAN', '200 OK', 'Server: 200 OK\nEnter from, until and message: '],
  ['MSGCANCEL', '200 OK', 'Server: 200 OK\nEnter number of the message to cancel: '],
  ['MSGREPLACE', '200 OK', 'Server: 200 OK\nEnter number and new message of the day: '],
  ['MSGPLAN', '400 UNKNOWN COMMAND', `Server: 400 UNKNOWN COMMAND\n${COMMAND}`],
  ['MSGHIST', '400 UNKNOWN COMMAND', `Server: 400 UNKNOWN COMMAND\n${COMMAND}`],
  ['MSGWATCH', '200 OK\nthe message', `Server: 200 OK\nthe message\n${COMMAND}`],
  ['SHUTDOWN', '300 PASSWORD REQUIRED', `Server: 300 PASSWORD REQUIRED\n${PROMPTS.password}`],
  ['QUIT', '200 OK', 'Server: 200 OK\n<quit>'],
  [
    'FOO',
    '400 UNKNOWN COMMAND',
    `Server: 400 UNKNOWN COMMAND\n[commands: MSGGET, MSGSTORE, QUIT, SHUTDOWN]\n${COMMAND}`,
  ],
  [
    'msgget',
    '400 UNKNOWN COMMAND',
    `Server: 400 UNKNOWN COMMAND\n[commands are upper case: MSGGET]\n${COMMAND}`,
  ],
  ['FOO', '421 IDLE TOO LONG', 'Server: 421 IDLE TOO LONG\n'],
])('handles the reply to %s: %j', (typed, reply, then) => {
  const dialogue = dialogueAfter([typed]);
  expect(shown(dialogue.received(`${reply}\n`)).screen).toBe(then);
});

describe('from the server', () => {
  test('reads a reply and a message byte by byte', () => {
    const dialogue = dialogueAfter(['MSGGET']);
    const effects = [...'200 OK\nthe message\n'].flatMap((byte) => dialogue.received(byte));
    expect(shown(effects).screen).toBe(`Server: 200 OK\nthe message\n${COMMAND}`);
  });

  test('reads a message worded as a reply as a message', () => {
    const dialogue = dialogueAfter(['MSGGET']);
    const { screen } = shown(dialogue.received('200 OK\n421 SERVER SHUTTING DOWN\n'));
    expect(screen).toBe(`Server: 200 OK\n421 SERVER SHUTTING DOWN\n${COMMAND}`);
  });

  test('escapes control characters', () => {
    const dialogue = dialogueAfter(['MSGGET']);
    const { screen } = shown(dialogue.received('200 \x1b[2JOK\n'));
    expect(screen).toBe(`Server: 200 ^[[2JOK\n${COMMAND}`);
  });

  test('distinguishes the reply to a message worded as a command from the reply to that command', () => {
    const dialogue = dialogueAfter(['MSGSTORE', '200 OK'], ['QUIT']);
    const { screen } = shown(dialogue.received('200 OK\n'));
    expect(screen).toBe(`Server: 200 OK\n${COMMAND}`);
  });

  test('ends the dialogue after the reply to the right password', () => {
    const dialogue = dialogueAfter(['SHUTDOWN', '300 PASSWORD REQUIRED'], ['123!abc']);
    expect(shown(dialogue.received('200 OKAY\n')).screen).toBe('Server: 200 OKAY\n<shutDown>');
  });
});

describe.each(WRITE_COMMANDS)('after %s', (command) => {
  test('prompts for its line after the right store password', () => {
    const dialogue = dialogueAfter([command]);
    const { screen } = shown(dialogue.received('300 PASSWORD REQUIRED\n'));
    expect(screen).toBe(`Server: 300 PASSWORD REQUIRED\n${PROMPTS.storePassword}`);
    dialogue.typed('secret');
    expect(shown(dialogue.received('200 OK\n')).screen).toBe(`Server: 200 OK\n${PROMPTS[command]}`);
  });

  test('prompts for a command after a wrong password', () => {
    const dialogue = dialogueAfter([command, '300 PASSWORD REQUIRED'], ['guess']);
    const { screen } = shown(dialogue.received('301 WRONG PASSWORD\n'));
    expect(screen).toBe(`Server: 301 WRONG PASSWORD\n${COMMAND}`);
  });

  test.each([
    '200 OK',
    '200 OK 17',
    '400 BAD NUMBER',
    '404 NO SUCH MESSAGE',
    '409 CHANGED',
    '424 BAD TIME: NO TIME ZONE',
  ])('prompts for a command after the reply %j to its line', (reply) => {
    const dialogue = dialogueAfter([command, '200 OK'], ['a line']);
    expect(shown(dialogue.received(`${reply}\n`)).screen).toBe(`Server: ${reply}\n${COMMAND}`);
  });

  test('prompts for a command if its line is a command', () => {
    const dialogue = dialogueAfter([command, '200 OK'], ['MSGPLAN']);
    const { screen } = shown(dialogue.received('EXPECTED MOTD, RECEIVED COMMAND\n'));
    expect(screen).toBe(`Server: EXPECTED MOTD, RECEIVED COMMAND\n${COMMAND}`);
  });

  test('warns that the outcome is unknown if the connection is lost before the reply', () => {
    const dialogue = dialogueAfter([command, '200 OK']);
    dialogue.typed('a line');
    const { screen } = shown(dialogue.closed('gone'));
    const change = command === 'MSGCANCEL' ? 'canceled' : 'stored';
    expect(screen).toContain(`[gone]\n[it is not known whether the message was ${change}]\n`);
  });
});

describe('with masked passwords', () => {
  test.each<[command: string]>([['SHUTDOWN'], ['MSGSTORE']])(
    'prints bullets for the password of %s, and sends it unchanged',
    (command) => {
      const dialogue = new Dialogue({ masksPasswords: true });
      dialogue.start();
      dialogue.typed(command);
      dialogue.received('300 PASSWORD REQUIRED\n');
      expect(shown(dialogue.typed(' sécret '))).toEqual({
        screen: 'Client: ••••••\n',
        sent: 'sécret\n',
      });
    },
  );

  test('prints commands and messages', () => {
    const dialogue = new Dialogue({ masksPasswords: true });
    dialogue.start();
    expect(shown(dialogue.typed('MSGSTORE')).screen).toBe('Client: MSGSTORE\n');
    dialogue.received('200 OK\n');
    expect(shown(dialogue.typed('a message')).screen).toBe('Client: a message\n');
  });

  test('can be switched during the dialogue', () => {
    const options = { masksPasswords: true };
    const dialogue = new Dialogue(options);
    dialogue.start();
    dialogue.typed('SHUTDOWN');
    dialogue.received('300 PASSWORD REQUIRED\n');
    expect(shown(dialogue.typed('abc')).screen).toBe('Client: •••\n');
    dialogue.received('301 WRONG PASSWORD\n');
    dialogue.typed('SHUTDOWN');
    dialogue.received('300 PASSWORD REQUIRED\n');
    options.masksPasswords = false;
    expect(shown(dialogue.typed('abc')).screen).toBe('Client: abc\n');
  });
});

describe.each(['SHUTDOWN', ...WRITE_COMMANDS])('after a wrong password for %s', (command) => {
  const WRONG: [string, string][] = [
    [command, '300 PASSWORD REQUIRED'],
    ['guess', '301 WRONG PASSWORD'],
  ];
  const UNKNOWN = '400 UNKNOWN COMMAND';

  test('says how to try again after each line that is not a command', () => {
    const dialogue = dialogueAfter(...WRONG);
    for (const typed of ['secret', 'another', 'secret']) {
      dialogue.typed(typed);
      const effects = dialogue.received(`${UNKNOWN}\n`);
      expect(shown(effects).screen).toBe(
        `Server: ${UNKNOWN}\n[to try again, type ${command} first]\n${COMMAND}`,
      );
      expect(effects.at(-1)).toMatchObject({ for: 'retry' });
    }
  });

  test('asks for the password again after the same command', () => {
    const dialogue = dialogueAfter(...WRONG, [command, '300 PASSWORD REQUIRED']);
    expect(shown(dialogue.typed('')).screen).toMatch(/^Enter (shutdown|store) password: $/);
  });

  test('asks as before after any command', () => {
    const dialogue = dialogueAfter(...WRONG, ['MSGGET', '200 OK\nthe message']);
    dialogue.typed('secret');
    const effects = dialogue.received(`${UNKNOWN}\n`);
    expect(shown(effects).screen).toContain('[commands: MSGGET,');
    expect(effects.at(-1)).toMatchObject({ for: 'command' });
  });

  test('masks a line that is not a command, if passwords are masked', () => {
    const dialogue = new Dialogue({ masksPasswords: true });
    dialogue.start();
    for (const [typed, reply] of WRONG) {
      dialogue.typed(typed);
      dialogue.received(`${reply}\n`);
    }
    expect(shown(dialogue.typed('secret'))).toEqual({
      screen: 'Client: ••••••\n',
      sent: 'secret\n',
    });
    dialogue.received(`${UNKNOWN}\n`);
    expect(shown(dialogue.typed('MSGGET')).screen).toBe('Client: MSGGET\n');
  });
});

describe('after MSGWATCH', () => {
  const WATCHING: [string, string] = ['MSGWATCH', '200 OK\nthe message'];

  test('prints a new message above the prompt', () => {
    const { screen } = shown(dialogueAfter(WATCHING).received('a new one\nand another\n'));
    expect(screen).toBe(`\na new one\n${COMMAND}\nand another\n${COMMAND}`);
  });

  test('does not take a message for the reply to the next command', () => {
    const dialogue = dialogueAfter(WATCHING, ['MSGSTORE']);
    const { screen } = shown(dialogue.received('a new one\n200 OK\n'));
    expect(screen).toBe(`a new one\nServer: 200 OK\n${PROMPTS.MSGSTORE}`);
  });

  test('ends the watch at the next command', () => {
    const dialogue = dialogueAfter(WATCHING, ['FOO', '400 UNKNOWN COMMAND']);
    expect(shown(dialogue.received('stray\n')).screen).toBe(`\nServer: stray\n${COMMAND}`);
  });

  test('does not take a closing reply for a message', () => {
    const { screen } = shown(dialogueAfter(WATCHING).received('421 SERVER SHUTTING DOWN\n'));
    expect(screen).toBe(`\nServer: 421 SERVER SHUTTING DOWN\n${COMMAND}`);
  });

  test('shows a message with the words of a numbered reply as a message', () => {
    const { screen } = shown(dialogueAfter(WATCHING).received('200 OK 17\n'));
    expect(screen).toBe(`\n200 OK 17\n${COMMAND}`);
  });

  test('continues after a message with the words of a closing reply', () => {
    const dialogue = dialogueAfter(WATCHING);
    dialogue.received('421 IDLE TOO LONG\n');
    expect(shown(dialogue.typed('MSGGET')).sent).toBe('MSGGET\n');
    dialogue.received('200 OK\nthe message\n');
    expect(dialogue.closed('gone')).toContainEqual({ do: 'end', ending: 'lost' });
  });

  test('ends as rejected if the server closes after a closing reply', () => {
    const dialogue = dialogueAfter(WATCHING);
    dialogue.received('421 IDLE TOO LONG\n');
    expect(dialogue.closed('gone')).toContainEqual({ do: 'end', ending: 'rejected' });
  });
});

describe('a lost connection', () => {
  test('is reported in brackets, on its own line', () => {
    expect(shown(dialogueAfter().closed('gone')).screen).toBe('\n[gone]\n<lost>');
  });

  test('is reported while a reply is awaited', () => {
    expect(shown(dialogueAfter(['MSGGET']).closed('gone')).screen).toBe('[gone]\n<lost>');
  });

  test('is reported even if it was never open', () => {
    expect(shown(new Dialogue().closed('gone')).screen).toBe('[gone]\n<lost>');
  });

  test('comes after the unfinished last line', () => {
    const dialogue = dialogueAfter(['FOO']);
    dialogue.received('503 STORE');
    expect(shown(dialogue.closed('gone')).screen).toBe(
      `Server: 503 STORE\n${COMMAND}\n[gone]\n<lost>`,
    );
  });

  test('is not reported after QUIT', () => {
    expect(dialogueAfter(['QUIT', '200 OK']).closed('gone')).toEqual([]);
  });

  test('comes after the closing reply, which is printed above the prompt', () => {
    const dialogue = dialogueAfter();
    const effects = [
      ...dialogue.received('421 SERVER SHUTTING DOWN\n'),
      ...dialogue.closed('gone'),
    ];
    expect(shown(effects).screen).toBe('\nServer: 421 SERVER SHUTTING DOWN\n[gone]\n<lost>');
  });
});

test('ignores a typed line if there is no prompt', () => {
  expect(dialogueAfter(['MSGGET']).typed('QUIT')).toEqual([]);
});

test('a hint about commands follows no line but one for a command', () => {
  const dialogue = dialogueAfter(['MSGSTORE', '200 OK']);
  dialogue.typed('help');
  expect(shown(dialogue.received('400 NO TEXT\n')).screen).toBe(`Server: 400 NO TEXT\n${COMMAND}`);
});

test('shows an example of a plan after an invalid window', () => {
  const dialogue = new Dialogue({ now: () => Date.parse('2026-11-28T12:00Z') });
  dialogue.start();
  dialogue.typed('MSGPLAN');
  dialogue.received('200 OK\n');
  dialogue.typed('tomorrow Maintenance');
  expect(shown(dialogue.received('424 BAD TIME\n')).screen).toBe(
    'Server: 424 BAD TIME\n' +
      `[for example: 2026-11-29T18:00Z/2026-11-29T20:00Z Maintenance]\n${COMMAND}`,
  );
});

test.each([
  ['MSGSTORE', '200 OK', 'success'],
  ['SHUTDOWN', '300 PASSWORD REQUIRED', 'question'],
  ['FOO', '400 UNKNOWN COMMAND', 'failure'],
])('classifies the reply to %s: %s is a %s', (typed, reply, expected) => {
  const dialogue = dialogueAfter([typed]);
  expect(dialogue.received(`${reply}\n`)[0]).toMatchObject({ speaker: 'server', reply: expected });
});

test('classifies no message, even one that reads like a reply', () => {
  const dialogue = dialogueAfter(['MSGGET', '200 OK']);
  expect(dialogue.received('400 UNKNOWN COMMAND\n')[0]).not.toHaveProperty('reply');
});
