// The conversation at the page, with the real dialogue and line editor; what would be drawn and
// sent is written down.

import { describe, expect, test } from 'vitest';
import type { Conversation } from '../../client/dialogue/conversation.ts';
import { Dialogue } from '../../client/dialogue/dialogue.ts';
import { LineMode } from '../../client/dialogue/lineMode.ts';
import { COMMANDS } from '../../protocol/commands.ts';
import type { ConnectionState } from '../connection/reconnectingSocket.ts';
import { LineEditor } from '../editor/lineEditor.ts';
import { LineHistory } from '../editor/lineHistory.ts';
import { PageConversation } from './pageConversation.ts';

const COMMAND = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';
const UP = '\x1b[A';
const LEFT = '\x1b[D';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_R = '\x12';

interface Options {
  begin?: () => Conversation;
  masksPasswords?: boolean;
}

/** A page whose connection is in the test's hands. */
class Page {
  /** The lines that stay. */
  printed: string[] = [];
  /** The line being typed, with a bar for the cursor. */
  line: string | undefined;
  spoken: string[] = [];
  sent: string[] = [];
  field = '';
  isAwaiting = false;
  socket = { connects: 0, isRetryingStopped: false, isClosed: false };
  state: ConnectionState = { is: 'connecting' };
  readonly conversation: PageConversation;
  readonly #masksPasswords: boolean;

  constructor({ begin, masksPasswords = false }: Options = {}) {
    const history = new LineHistory();
    this.#masksPasswords = masksPasswords;
    this.conversation = new PageConversation({
      socket: this.#makeSocket(),
      screen: {
        print: (line) => this.printed.push(line),
        show: ({ prompt, text, cursor }) => {
          this.line = `${prompt}${text.slice(0, cursor)}|${text.slice(cursor)}`;
        },
        hide: () => {
          this.line = undefined;
        },
        end: ({ prompt, text }) => {
          this.line = undefined;
          this.printed.push(prompt + text);
        },
        scrollAway: () => this.printed.push('~'),
      },
      field: {
        ask: () => {},
        show: (text) => {
          this.field = text;
        },
      },
      spoken: {
        say: (line) => this.spoken.push(line),
        tell: (line) => this.spoken.push(line),
      },
      editor: new LineEditor(history),
      commands: begin === undefined ? COMMANDS : [],
      keep: (line) => history.add(line),
      awaits: (isAwaiting) => {
        this.isAwaiting = isAwaiting;
      },
      begin: begin ?? (() => new Dialogue({ masksPasswords })),
      masksPasswords: () => this.#masksPasswords,
    });
  }

  /** A connection, and so a conversation. */
  open(): this {
    this.#enter({ is: 'connected' });
    this.conversation.opened();
    return this;
  }

  /** The connection is lost, or ends where nobody wants another. */
  lose(reason = 'motd closed the connection (1000)', hasLasted = true): this {
    if (this.socket.isRetryingStopped) this.#enter({ is: 'ended', reason });
    else this.#enter({ is: 'waiting', reason, nextAtMs: 0 });
    this.conversation.closed(reason, hasLasted);
    return this;
  }

  /** A try that came to nothing. */
  fail(reason = 'motd refused the connection: is it running? (1014)'): this {
    this.#enter({ is: 'waiting', reason, nextAtMs: 0 });
    return this;
  }

  type(...data: string[]): this {
    for (const piece of data) this.conversation.type(piece);
    return this;
  }

  hear(text: string): this {
    this.conversation.received(text);
    return this;
  }

  #enter(state: ConnectionState): void {
    this.state = state;
    this.conversation.stateChanged(state);
  }

  #makeSocket() {
    const page = this;
    return {
      connect: () => {
        page.socket.connects++;
      },
      send: (text: string) => {
        page.sent.push(text);
      },
      stopRetrying: () => {
        page.socket.isRetryingStopped = true;
        if (page.state.is === 'waiting') page.state = { is: 'ended', reason: page.state.reason };
      },
      close: () => {
        page.socket.isClosed = true;
        page.socket.isRetryingStopped = true;
        page.lose('this page closed the connection');
      },
      get state() {
        return page.state;
      },
    };
  }
}

/** A page at the question for a message. */
function askedForMessage(): Page {
  return new Page().open().type('MSGSTORE\r').hear('200 OK\n');
}

/** A page at the question for a password. */
function askedForPassword(options?: Options): Page {
  return new Page(options).open().type('SHUTDOWN\r').hear('300 PASSWORD REQUIRED\n');
}

test('a line is said when it is ended, and its reply printed', () => {
  const page = new Page().open().type('MSGGET', '\r').hear('200 OK\nthe message\n');
  expect(page.sent).toEqual(['MSGGET\n']);
  expect(page.printed).toEqual([
    `${COMMAND}MSGGET`,
    'Client: MSGGET',
    'Server: 200 OK',
    'the message',
  ]);
  expect(page.line).toBe(`${COMMAND}|`);
});

test('what the server says is spoken once, and so is a question that is new', () => {
  const page = new Page().open().type('MSGGET\r').hear('200 OK\nthe message\n');
  expect(page.spoken).toEqual([COMMAND, 'Server: 200 OK', 'the message']);
  page.type('SHUTDOWN\r').hear('300 PASSWORD REQUIRED\n');
  expect(page.spoken.slice(3)).toEqual([
    'Server: 300 PASSWORD REQUIRED',
    'Enter shutdown password: ',
  ]);
});

test('an answer is awaited from the line to the reply', () => {
  const page = new Page().open();
  expect(page.isAwaiting).toBe(false);
  expect(page.type('MSGGET\r').isAwaiting).toBe(true);
  expect(page.hear('200 OK\n').isAwaiting).toBe(false);
});

test('a command of a button leaves alone what is half typed', () => {
  const page = new Page().open().type('half a line');
  page.conversation.command('MSGGET');
  page.conversation.command('QUIT');
  expect(page.sent).toEqual(['MSGGET\n']);
  page.hear('200 OK\nthe message\n');
  expect(page.line).toBe(`${COMMAND}half a line|`);
});

test('a line that begins with a blank is not offered again', () => {
  const page = new Page().open().type(' MSGGET\r').hear('200 OK\nthe message\n');
  expect(page.type(UP).line).toBe(`${COMMAND}|`);
});

test('lines typed before anybody asks answer in turn', () => {
  const page = new Page().type('MSGSTORE\ra message\rMSG').open();
  expect(page.sent).toEqual(['MSGSTORE\n']);
  page.hear('200 OK\n').hear('200 OK\n');
  expect(page.sent).toEqual(['MSGSTORE\n', 'a message\n']);
  expect(page.line).toBe(`${COMMAND}MSG|`);
});

test('a message that arrives stands above the line being typed', () => {
  const page = new Page().open().type('MSGWATCH\r').hear('200 OK\none\n');
  page.type('MSGG', LEFT).hear('two\n');
  expect(page.printed.at(-1)).toBe('two');
  expect(page.line).toBe(`${COMMAND}MSG|G`);
});

describe('when the connection is lost', () => {
  test('it says why, and the command under way stays, with its cursor', () => {
    const page = new Page().open().type('MSGG', LEFT).lose();
    expect(page.printed).toEqual([
      '[motd closed the connection (1000)]',
      '[reconnecting; press Enter to try now]',
    ]);
    expect(page.line).toBe('MSG|G');
    expect(page.open().line).toBe(`${COMMAND}MSG|G`);
  });

  test('the line can be edited meanwhile; Enter tries at once, and says nothing', () => {
    const page = new Page().open().type('MSGG').lose().type('ET\r');
    expect(page.socket.connects).toBe(1);
    expect(page.line).toBe('MSGGET|');
    page.open().type('\r');
    expect(page.sent).toEqual(['MSGGET\n']);
  });

  test('of a paste of lines meanwhile the first is kept, and nothing of it is said', () => {
    const page = new Page().open().lose().type('\x1b[200~SHUTDOWN\n123!abc\n\x1b[201~');
    expect(page.printed.at(-1)).toContain('only the first pasted line is kept');
    expect(page.socket.connects).toBe(1);
    page.open();
    expect(page.sent).toEqual([]);
    expect(page.line).toBe(`${COMMAND}SHUTDOWN|`);
  });

  test('a message under way goes on where it was: MSGSTORE is said for it again', () => {
    const page = askedForMessage().type('half a mess').lose();
    expect(page.line).toBe('Enter new message of the day: half a mess|');
    page.type('a');
    page.open();
    expect(page.sent).toEqual(['MSGSTORE\n', 'MSGSTORE\n']);
    page.type('ge').hear('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a message|');
    page.type('\r');
    expect(page.sent.at(-1)).toBe('half a message\n');
  });

  test('a message under way waits while a password is asked for', () => {
    const page = askedForMessage().type('half a message').lose().open();
    page.hear('300 PASSWORD REQUIRED\n');
    expect(page.line).toBe('Enter store password: |');
    page.type('secret\r').hear('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a message|');
  });

  test('and stands at the prompt where the server wants none any more', () => {
    const page = askedForMessage().type('half a message').lose().open();
    page.hear('400 UNKNOWN COMMAND\n');
    expect(page.line).toBe(`${COMMAND}half a message|`);
    expect(page.sent).toEqual(['MSGSTORE\n', 'MSGSTORE\n']);
  });

  test('a password goes nowhere, however much of it is still typed', () => {
    const page = askedForPassword().type('hunt').lose().type('er').open().type('2', '\r');
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.field).toBe('');
    page.type('MSGGET\r');
    expect(page.sent.at(-1)).toBe('MSGGET\n');
  });

  test('nor where the connection is lost again before its Enter', () => {
    const page = askedForPassword().type('hunt').lose().open();
    page.lose('motd closed the connection (1000)', false).type('er2').open();
    expect(page.line).toBe('The password was not sent; press Enter to continue: |');
    expect(page.type('\r').line).toBe(`${COMMAND}|`);
  });

  test('nor does one that is typed ahead of its question', () => {
    const page = new Page().open().type('SHUTDOWN\r', '12').lose().type('3\r').open();
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('nor one typed without looking, behind a SHUTDOWN that was said to nobody', () => {
    const page = new Page().open().lose().type('SHUTDOWN\r', 'hunter2', '\r').open();
    expect(page.sent).toEqual([]);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.type(UP).line).toBe(`${COMMAND}SHUTDOWN|`);
  });

  test('until its Enter, the line says what has become of it', () => {
    const page = askedForPassword().type('hunt').lose();
    expect(page.line).toBe('The password was not sent; press Enter to continue: |');
    expect(page.open().line).toBe('The password was not sent; press Enter to continue: |');
  });

  test('what was typed ahead is forgotten: it could be a password', () => {
    const page = new Page().open().type('SHUTDOWN\r123!abc\r12').lose().open().type('\r');
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('what is taken away of a password does not come back', () => {
    const page = askedForPassword({ masksPasswords: true }).type('hunter2\x15').lose();
    page.open().type('\r', '\x19');
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('a command half typed while a reply is awaited stays', () => {
    const page = new Page().open().type('MSGGET\rMSGS').lose();
    expect(page.line).toBe('MSGS|');
  });

  test('a search goes on to be seen', () => {
    const page = new Page().open().type('MSGGET\r').hear('200 OK\nthe message\n');
    page.type(CTRL_R, 'GET').lose();
    expect(page.line).toBe("(reverse-i-search)'GET': MSG|GET");
  });

  test('a search in the lines of before ends with what was found', () => {
    const page = new Page().open().type('MSGGET\r').hear('200 OK\nthe message\n');
    page.type(CTRL_R, 'GET').lose().open();
    expect(page.sent).toEqual(['MSGGET\n']);
    expect(page.line).toContain('MSG|GET');
  });

  test('a try that comes to nothing prints nothing', () => {
    const page = new Page().open().lose();
    const before = page.printed.length;
    page.fail().fail();
    page.open().lose('motd refused the connection: is it running? (1014)', false);
    expect(page.printed).toHaveLength(before);
    expect(page.line).toBe('|');
  });

  test('a server that sends the person away at a try is not asked again', () => {
    const page = new Page().open().lose().open().hear('421 TOO MANY CONNECTIONS\n');
    page.lose('motd closed the connection (1000)', false);
    expect(page.socket.isRetryingStopped).toBe(true);
    expect(page.printed.at(-1)).toBe('[press Enter to connect]');
  });

  test('a message stays on the line where the connection is lost before it is asked for again', () => {
    const page = askedForMessage().type('half a mess').lose().open();
    page.lose('motd refused the connection: is it running? (1014)', false);
    expect(page.line).toBe('Enter new message of the day: half a mess|');
    page.open().hear('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a mess|');
  });

  test('and where it is lost at the password before it', () => {
    const page = askedForMessage().type('half a mess').lose().open();
    page.hear('300 PASSWORD REQUIRED\n').type('hunt').lose();
    expect(page.field).toBe('');
    page.type('er2\r').open().hear('300 PASSWORD REQUIRED\n').type('hunter2\r').hear('200 OK\n');
    expect(page.line).toBe('Enter new message of the day: half a mess|');
  });

  test('a message given up meanwhile is not gone on with', () => {
    const page = askedForMessage().type('half a mess').lose().type(CTRL_C).open();
    expect(page.sent).toEqual(['MSGSTORE\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('a loss is news where the connection had lasted', () => {
    const page = new Page().open().lose();
    const before = page.printed.length;
    page.open().type('MSGG').lose();
    expect(page.printed).toHaveLength(before + 2);
    expect(page.line).toBe('MSGG|');
  });

  test('and where the person had begun the conversation', () => {
    const page = new Page().open().type('QUIT\r').hear('200 OK\n').lose();
    page.socket.isRetryingStopped = false;
    page.open().lose('motd closed the connection (1000)', false);
    expect(page.printed.slice(-2)).toEqual([
      '[motd closed the connection (1000)]',
      '[reconnecting; press Enter to try now]',
    ]);
  });

  test('and where something was said: no password of it goes to the next conversation', () => {
    const page = new Page({ masksPasswords: true }).open().lose().open();
    page.type('SHUTDOWN\rhunter2\rhun').lose('motd closed the connection (1000)', false).open();
    page.type('\r');
    expect(page.sent).toEqual(['SHUTDOWN\n']);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.printed.filter((line) => line.includes('(1000)'))).toHaveLength(2);
  });

  test('a later loss is told again once something was said', () => {
    const page = new Page()
      .open()
      .lose()
      .open()
      .type('MSGGET\r')
      .hear('200 OK\nthe message\n')
      .lose();
    expect(page.printed.filter((line) => line.includes('(1000)'))).toHaveLength(2);
  });
});

test('a first connection that cannot be had says why, once', () => {
  const page = new Page().fail('the bridge cannot be reached').fail();
  expect(page.printed).toEqual([
    '[the bridge cannot be reached]',
    '[reconnecting; press Enter to try now]',
  ]);
});

describe('an end that was asked for', () => {
  test('after QUIT Enter begins another conversation, and nothing else does', () => {
    const page = new Page().open().type('QUIT\r').hear('200 OK\n').lose();
    expect(page.socket).toMatchObject({ connects: 0, isRetryingStopped: true });
    expect(page.printed.at(-1)).toBe('[session ended; press Enter to start another]');
    page.type('\r');
    expect(page.socket.connects).toBe(1);
  });

  test('after SHUTDOWN it says how to start the server', () => {
    const page = askedForPassword().type('123!abc\r').hear('200 OKAY\n').lose();
    expect(page.socket.isRetryingStopped).toBe(true);
    expect(page.printed.at(-1)).toMatch(/^\[the server was shut down: .*npm start.*Enter\]$/);
  });

  test('what is typed ahead of it is not said in the next', () => {
    const page = new Page()
      .open()
      .type('QUIT\rSHUTDOWN\r123!abc\rMSG')
      .hear('200 OK\n')
      .lose()
      .open();
    expect(page.sent).toEqual(['QUIT\n']);
    expect(page.line).toBe(`${COMMAND}|`);
  });

  test('a server that sends the person away is not asked again', () => {
    const page = new Page().open().hear('421 TOO MANY CONNECTIONS\n').lose();
    expect(page.socket.isRetryingStopped).toBe(true);
    expect(page.printed.at(-1)).toBe('[press Enter to connect]');
  });

  test('one that stops is', () => {
    const page = new Page().open().hear('421 SERVER SHUTTING DOWN\n').lose();
    expect(page.socket.isRetryingStopped).toBe(false);
  });
});

describe('keys that say no line', () => {
  test('Ctrl-C leaves the line to be seen, and asks again', () => {
    const page = new Page().open().type('MSGG', CTRL_C);
    expect(page.printed).toEqual([`${COMMAND}MSGG^C`]);
    expect(page.line).toBe(`${COMMAND}|`);
    expect(page.sent).toEqual([]);
  });

  test('Ctrl-D on an empty line says QUIT', () => {
    expect(new Page().open().type(CTRL_D).sent).toEqual(['QUIT\n']);
  });

  test('elsewhere it says nothing', () => {
    const page = askedForMessage().type(CTRL_D);
    expect(page.sent).toEqual(['MSGSTORE\n']);
  });

  test('Tab shows the choices above the line', () => {
    const page = new Page().open().type('MSG', '\t');
    expect(page.printed).toEqual(['MSGGET  MSGSTORE  MSGWATCH  MSGHIST']);
    expect(page.line).toBe(`${COMMAND}MSG|`);
  });
});

describe('a password', () => {
  test('is offered by no key afterwards', () => {
    const page = askedForPassword().type('123!abd\r').hear('301 WRONG PASSWORD\n');
    expect(page.type(UP).line).toBe(`${COMMAND}SHUTDOWN|`);
  });

  test('shows as typed, as in the original', () => {
    expect(askedForPassword().type('123').line).toBe('Enter shutdown password: 123|');
  });

  test('shows as bullets where it is masked, wherever it shows', () => {
    const page = askedForPassword({ masksPasswords: true }).type('1é3', LEFT);
    expect(page.line).toBe('Enter shutdown password: ••|•');
    page.type(CTRL_C).type('abc\r');
    expect(page.printed.slice(-3)).toEqual([
      'Enter shutdown password: •••^C',
      'Enter shutdown password: •••',
      'Client: •••',
    ]);
    expect(page.sent.at(-1)).toBe('abc\n');
  });
});

describe('line by line', () => {
  const lineMode = { begin: () => new LineMode('redis') };

  test('a line is sent as it is, and what comes back stands above the next', () => {
    const page = new Page(lineMode).open().type(' GET x \r');
    expect(page.sent).toEqual([' GET x \n']);
    page.type('SE').hear('$-1\r\n');
    expect(page.printed).toEqual(['redis>  GET x ', '$-1']);
    expect(page.line).toBe('redis> SE|');
  });

  test('a password half typed is no answer to what is asked instead', () => {
    const page = new Page(lineMode).open().hear('Password: ').type('hunt');
    page.hear('\r\nLogin timed out\r\nlogin: ').type('er2\r');
    expect(page.sent).toEqual([]);
    expect(page.type(UP).line).toBe('login: |');
  });

  test('without a connection, the words of the message server are words like any other', () => {
    const page = new Page(lineMode).open().lose().type('SHUT', '\t', 'DOWN\r');
    expect(page.line).toBe('SHUTDOWN|');
  });

  test('Ctrl-D on an empty line ends it', () => {
    const page = new Page(lineMode).open().type(CTRL_D);
    expect(page.socket.isClosed).toBe(true);
    expect(page.printed).toEqual(['[this page closed the connection]', '[press Enter to connect]']);
  });
});
