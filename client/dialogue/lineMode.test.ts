import { describe, expect, test } from 'vitest';
import { type Effect, MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from './conversation.ts';
import { type LineEnd, LineMode } from './lineMode.ts';

/** What is shown and sent, one effect a string: a stopped question as `/`, a question as `?`. */
function told(effects: Effect[]): string[] {
  return effects.map(toldOne);
}

function toldOne(effect: Effect): string {
  switch (effect.do) {
    case 'print':
      return `${effect.speaker}: ${effect.line}`;
    case 'ask':
      return `? ${effect.prompt}`;
    case 'stopAsking':
      return '/';
    case 'send':
      return `> ${JSON.stringify(effect.text)}`;
    case 'end':
      return `<${effect.ending}>`;
  }
}

/** The lines that stay on the screen, whatever was asked in between. */
function printed(effects: Effect[]): string[] {
  return effects.flatMap((effect) => (effect.do === 'print' ? [effect.line] : []));
}

function started(lineMode = new LineMode('redis')): LineMode {
  lineMode.start();
  return lineMode;
}

test('begins by asking for a line', () => {
  expect(new LineMode('redis').start()).toEqual([{ do: 'ask', for: 'line', prompt: 'redis> ' }]);
});

test.each(['PING', '', '  two  spaces  ', '\t'])('%j is sent as it is; more may follow', (line) => {
  expect(told(started().typed(line))).toEqual([`> ${JSON.stringify(`${line}\n`)}`, '? redis> ']);
});

test('lines may end with CRLF, also from now on', () => {
  const options: { lineEnd: LineEnd } = { lineEnd: '\r\n' };
  const lineMode = started(new LineMode('smtp', options));
  expect(told(lineMode.typed('NOOP'))).toEqual(['> "NOOP\\r\\n"', '? smtp> ']);
  options.lineEnd = '\n';
  expect(told(lineMode.typed('NOOP'))).toEqual(['> "NOOP\\n"', '? smtp> ']);
});

test.each([
  ['Password: ', 'password'],
  ['Enter passphrase for key: ', 'password'],
  ['PIN? ', 'password'],
  ['login: ', 'line'],
  ['spinning… ', 'line'],
])('the prompt %j asks for a %s', (prompt, asked) => {
  expect(started().received(prompt)).toContainEqual({ do: 'ask', for: asked, prompt });
});

test('three lines at once stop the question once, and ask it once', () => {
  expect(told(started().received('$5\r\nhello\r\n\r\n'))).toEqual([
    '/',
    'server: $5',
    'server: hello',
    'server: ',
    '? redis> ',
  ]);
});

test('control characters are shown escaped, on lines and in prompts', () => {
  expect(told(started().received('\x1b[2J\r\r\n\x9b?'))).toEqual([
    '/',
    'server: ^[[2J^M',
    '? \\u{9b}?',
  ]);
  expect(told(new LineMode('\x1b').start())).toEqual(['? ^[> ']);
});

test('lines fed byte by byte are the same lines', () => {
  const said = '+OK\r\n$5\nhello\tyou\r\n\n\x1b!\n';
  const lineMode = started();
  const effects = [...said].flatMap((byte) => lineMode.received(byte));
  expect(printed(effects)).toEqual(printed(started().received(said)));
  expect(printed(effects)).toEqual(['+OK', '$5', 'hello\tyou', '', '^[!']);
  expect(told(effects).at(-1)).toBe('? redis> ');
});

test('text that is none changes nothing', () => {
  expect(started().received('')).toEqual([]);
});

describe('a line that has not ended', () => {
  test('is the prompt', () => {
    expect(told(started().received('Debian\nlogin: '))).toEqual([
      '/',
      'server: Debian',
      '? login: ',
    ]);
  });

  test('grows as it comes', () => {
    const lineMode = started();
    expect(told([...'lo\r\n'].flatMap((byte) => lineMode.received(byte)))).toEqual([
      '/',
      '? l',
      '/',
      '? lo',
      '/',
      'server: lo',
      '? redis> ',
    ]);
  });

  test('is on the screen already once it is answered', () => {
    const lineMode = started();
    lineMode.received('login: ');
    expect(told(lineMode.typed('anna'))).toEqual(['> "anna\\n"', '? redis> ']);
    expect(told(lineMode.received('\r\nPassword: '))).toEqual(['/', 'server: ', '? Password: ']);
  });

  test('and looks like the own prompt is one all the same', () => {
    const lineMode = started();
    lineMode.received('redis> ');
    lineMode.typed('PING');
    expect(printed(lineMode.received('PONG\n'))).toEqual(['PONG']);
  });

  test('is no prompt where it is long, and lost in no case', () => {
    const lineMode = started();
    const long = 'x'.repeat(257);
    expect(lineMode.received(long)).toEqual([]);
    expect(told(lineMode.typed('PING'))).toEqual(['> "PING\\n"', '? redis> ']);
    expect(printed(lineMode.received('y\n'))).toEqual([`${long}y`]);
  });

  test('is no prompt any more once it is long', () => {
    const lineMode = started();
    lineMode.received('x'.repeat(256));
    expect(told(lineMode.received('y'))).toEqual(['/', '? redis> ']);
    expect(lineMode.received('z')).toEqual([]);
    expect(printed(lineMode.received('\n'))).toEqual([`${'x'.repeat(256)}yz`]);
  });

  test('is no prompt where it is long once escaped', () => {
    expect(started().received('\x1b'.repeat(129))).toEqual([]);
  });

  test('is shown when the connection is gone', () => {
    const lineMode = started();
    lineMode.received('half a li');
    expect(told(lineMode.closed('gone'))).toEqual([
      '/',
      'server: half a li',
      'note: [gone]',
      '<lost>',
    ]);
  });
});

describe('a line too long to show', () => {
  test('is told once, as soon as that is certain, and the next one is shown', () => {
    const lineMode = started();
    lineMode.received('x'.repeat(MAX_SHOWN_LENGTH));
    const effects = [...'yyy\nnext\n'].flatMap((byte) => lineMode.received(byte));
    expect(told(effects).slice(0, 3)).toEqual(['/', `note: ${TOO_LONG_TO_SHOW}`, '? redis> ']);
    expect(printed(effects)).toEqual([TOO_LONG_TO_SHOW, 'next']);
  });

  test('may come with its end', () => {
    const effects = started().received(`${'x'.repeat(MAX_SHOWN_LENGTH + 1)}\nnext\n`);
    expect(printed(effects)).toEqual([TOO_LONG_TO_SHOW, 'next']);
  });

  test('one of the length that is allowed is shown', () => {
    const longest = 'x'.repeat(MAX_SHOWN_LENGTH);
    expect(printed(started().received(`${longest}\n`))).toEqual([longest]);
  });
});

describe('a connection that is gone', () => {
  test('is told in brackets', () => {
    expect(told(started().closed('\x1bgone'))).toEqual(['/', 'note: [^[gone]', '<lost>']);
  });

  test('before it was open', () => {
    expect(told(new LineMode('redis').closed('refused'))).toEqual(['note: [refused]', '<lost>']);
  });

  test('stays so', () => {
    const lineMode = started();
    lineMode.closed('gone');
    expect(lineMode.received('late\n')).toEqual([]);
    expect(lineMode.typed('late')).toEqual([]);
    expect(lineMode.closed('again')).toEqual([]);
  });
});

test('what comes before the start is shown; the question comes with it', () => {
  const lineMode = new LineMode('smtp');
  expect(lineMode.typed('early')).toEqual([]);
  expect(told(lineMode.received('220 ready\nname: '))).toEqual(['server: 220 ready']);
  expect(told(lineMode.start())).toEqual(['? name: ']);
});
