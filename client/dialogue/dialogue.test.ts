import { describe, expect, test } from 'vitest';
import type { Effect } from './conversation.ts';
import { Dialogue, PROMPTS } from './dialogue.ts';

/** What stands on the screen after the effects, and what was sent. */
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

/** A dialogue that has just sent the last of these lines, each before answered as given. */
function dialogueAfter(...turns: [typed: string, reply?: string][]): Dialogue {
  const dialogue = new Dialogue();
  dialogue.start();
  for (const [typed, reply] of turns) {
    dialogue.typed(typed);
    if (reply !== undefined) dialogue.received(`${reply}\n`);
  }
  return dialogue;
}

const COMMAND = PROMPTS.command;

// The six cases, to the letter: cli/conversation.test.ts.

test('begins by asking for a command', () => {
  expect(new Dialogue().start()).toEqual([{ do: 'ask', for: 'command', prompt: COMMAND }]);
});

test('a line typed is shown as the client and sent with its LF', () => {
  expect(shown(dialogueAfter().typed('MSGGET'))).toEqual({
    screen: 'Client: MSGGET\n',
    sent: 'MSGGET\n',
  });
});

test('white space around it is dropped, as the server would', () => {
  expect(shown(dialogueAfter().typed('  QUIT \r')).sent).toBe('QUIT\n');
});

test.each(['', '  ', '\t'])('a blank line %j asks again and sends nothing', (line) => {
  expect(shown(dialogueAfter().typed(line))).toEqual({ screen: COMMAND, sent: '' });
});

test('a blank line where a message is asked for asks for the message again', () => {
  const dialogue = dialogueAfter(['MSGSTORE', '200 OK']);
  expect(shown(dialogue.typed('')).screen).toBe(PROMPTS.message);
});

test.each<[typed: string, reply: string, then: string]>([
  ['MSGGET', '200 OK\nthe message', `Server: 200 OK\nthe message\n${COMMAND}`],
  ['MSGSTORE', '200 OK', `Server: 200 OK\n${PROMPTS.message}`],
  ['MSGSTORE', '300 PASSWORD REQUIRED', `Server: 300 PASSWORD REQUIRED\n${PROMPTS.storePassword}`],
  ['MSGHIST', '200 OK\nT a\nT b\n.', `Server: 200 OK\nT a\nT b\n${COMMAND}`],
  ['MSGHIST', '400 UNKNOWN COMMAND', `Server: 400 UNKNOWN COMMAND\n${COMMAND}`],
  ['MSGWATCH', '200 OK\nthe message', `Server: 200 OK\nthe message\n${COMMAND}`],
  ['SHUTDOWN', '300 PASSWORD REQUIRED', `Server: 300 PASSWORD REQUIRED\n${PROMPTS.password}`],
  ['QUIT', '200 OK', 'Server: 200 OK\n<quit>'],
  ['FOO', '400 UNKNOWN COMMAND', `Server: 400 UNKNOWN COMMAND\n${COMMAND}`],
  ['FOO', '421 IDLE TOO LONG', 'Server: 421 IDLE TOO LONG\n'],
])('%s answered with %j', (typed, reply, then) => {
  const dialogue = dialogueAfter([typed]);
  expect(shown(dialogue.received(`${reply}\n`)).screen).toBe(then);
});

describe('reply and message', () => {
  test('may come byte by byte', () => {
    const dialogue = dialogueAfter(['MSGGET']);
    const effects = [...'200 OK\nthe message\n'].flatMap((byte) => dialogue.received(byte));
    expect(shown(effects).screen).toBe(`Server: 200 OK\nthe message\n${COMMAND}`);
  });

  test('a message that looks like a reply is a message', () => {
    const dialogue = dialogueAfter(['MSGGET']);
    const { screen } = shown(dialogue.received('200 OK\n421 SERVER SHUTTING DOWN\n'));
    expect(screen).toBe(`Server: 200 OK\n421 SERVER SHUTTING DOWN\n${COMMAND}`);
  });

  test('control characters from the server are shown escaped', () => {
    const dialogue = dialogueAfter(['MSGGET']);
    const { screen } = shown(dialogue.received('200 \x1b[2JOK\n'));
    expect(screen).toBe(`Server: 200 ^[[2JOK\n${COMMAND}`);
  });

  test('a message typed that equals a command is not taken for it', () => {
    const dialogue = dialogueAfter(['MSGSTORE', '200 OK'], ['QUIT']);
    const { screen } = shown(dialogue.received('200 OK\n'));
    expect(screen).toBe(`Server: 200 OK\n${COMMAND}`);
  });

  test('the right password ends it', () => {
    const dialogue = dialogueAfter(['SHUTDOWN', '300 PASSWORD REQUIRED'], ['123!abc']);
    expect(shown(dialogue.received('200 OKAY\n')).screen).toBe('Server: 200 OKAY\n<shutDown>');
  });
});

describe('where a password guards the store', () => {
  test('the right one leads to the message', () => {
    const dialogue = dialogueAfter(['MSGSTORE', '300 PASSWORD REQUIRED'], ['secret']);
    expect(shown(dialogue.received('200 OK\n')).screen).toBe(`Server: 200 OK\n${PROMPTS.message}`);
  });

  test('a wrong one leads back to the commands', () => {
    const dialogue = dialogueAfter(['MSGSTORE', '300 PASSWORD REQUIRED'], ['guess']);
    const { screen } = shown(dialogue.received('301 WRONG PASSWORD\n'));
    expect(screen).toBe(`Server: 301 WRONG PASSWORD\n${COMMAND}`);
  });
});

test('a message whose outcome was not told is said to be unknown', () => {
  const dialogue = dialogueAfter(['MSGSTORE', '200 OK']);
  dialogue.typed('a message');
  const { screen } = shown(dialogue.closed('gone'));
  expect(screen).toContain('[gone]\n[it is not known whether the message was stored]\n');
});

describe('where passwords are masked', () => {
  test.each<[asks: string]>([['SHUTDOWN'], ['MSGSTORE']])(
    'the one that %s asks for is shown as bullets, and sent as it is',
    (asks) => {
      const dialogue = new Dialogue({ masksPasswords: true });
      dialogue.start();
      dialogue.typed(asks);
      dialogue.received('300 PASSWORD REQUIRED\n');
      expect(shown(dialogue.typed(' sécret '))).toEqual({
        screen: 'Client: ••••••\n',
        sent: 'sécret\n',
      });
    },
  );

  test('commands and messages are shown', () => {
    const dialogue = new Dialogue({ masksPasswords: true });
    dialogue.start();
    expect(shown(dialogue.typed('MSGSTORE')).screen).toBe('Client: MSGSTORE\n');
    dialogue.received('200 OK\n');
    expect(shown(dialogue.typed('a message')).screen).toBe('Client: a message\n');
  });

  test('it may be switched in mid-conversation', () => {
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

describe('after MSGWATCH', () => {
  const WATCHING: [string, string] = ['MSGWATCH', '200 OK\nthe message'];

  test('a message that is stored appears above the prompt', () => {
    const { screen } = shown(dialogueAfter(WATCHING).received('a new one\nand another\n'));
    expect(screen).toBe(`\na new one\n${COMMAND}\nand another\n${COMMAND}`);
  });

  test('one that comes before the reply to the next command is no reply', () => {
    const dialogue = dialogueAfter(WATCHING, ['MSGSTORE']);
    const { screen } = shown(dialogue.received('a new one\n200 OK\n'));
    expect(screen).toBe(`a new one\nServer: 200 OK\n${PROMPTS.message}`);
  });

  test('the next command ends it', () => {
    const dialogue = dialogueAfter(WATCHING, ['FOO', '400 UNKNOWN COMMAND']);
    expect(shown(dialogue.received('stray\n')).screen).toBe(`\nServer: stray\n${COMMAND}`);
  });

  test('what the server says of itself is no message', () => {
    const { screen } = shown(dialogueAfter(WATCHING).received('421 SERVER SHUTTING DOWN\n'));
    expect(screen).toBe(`\nServer: 421 SERVER SHUTTING DOWN\n${COMMAND}`);
  });

  test('a message may be those very words: the conversation goes on', () => {
    const dialogue = dialogueAfter(WATCHING);
    dialogue.received('421 IDLE TOO LONG\n');
    expect(shown(dialogue.typed('MSGGET')).sent).toBe('MSGGET\n');
    dialogue.received('200 OK\nthe message\n');
    expect(dialogue.closed('gone')).toContainEqual({ do: 'end', ending: 'lost' });
  });

  test('and when the server closes, they were its own', () => {
    const dialogue = dialogueAfter(WATCHING);
    dialogue.received('421 IDLE TOO LONG\n');
    expect(dialogue.closed('gone')).toContainEqual({ do: 'end', ending: 'rejected' });
  });
});

describe('a lost connection', () => {
  test('is told in brackets, on a line of its own', () => {
    expect(shown(dialogueAfter().closed('gone')).screen).toBe('\n[gone]\n<lost>');
  });

  test('while a reply is awaited', () => {
    expect(shown(dialogueAfter(['MSGGET']).closed('gone')).screen).toBe('[gone]\n<lost>');
  });

  test('before it was open', () => {
    expect(shown(new Dialogue().closed('gone')).screen).toBe('[gone]\n<lost>');
  });

  test('what came last without an LF is shown', () => {
    const dialogue = dialogueAfter(['FOO']);
    dialogue.received('400 UNKNO');
    expect(shown(dialogue.closed('gone')).screen).toBe(
      `Server: 400 UNKNO\n${COMMAND}\n[gone]\n<lost>`,
    );
  });

  test('after QUIT nobody is told', () => {
    expect(dialogueAfter(['QUIT', '200 OK']).closed('gone')).toEqual([]);
  });

  test('a server that is stopping says so above the prompt', () => {
    const dialogue = dialogueAfter();
    const effects = [
      ...dialogue.received('421 SERVER SHUTTING DOWN\n'),
      ...dialogue.closed('gone'),
    ];
    expect(shown(effects).screen).toBe('\nServer: 421 SERVER SHUTTING DOWN\n[gone]\n<lost>');
  });
});

test('a line typed when nothing is asked changes nothing', () => {
  expect(dialogueAfter(['MSGGET']).typed('QUIT')).toEqual([]);
});
