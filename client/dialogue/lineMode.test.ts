import { describe, expect, test } from 'vitest';
import { type Effect, MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from './conversation.ts';
import { type LineEnd, LineMode } from './lineMode.ts';

/** Formats what the effects display and send: a prompt as `?`, a withdrawn one as `/`. */
function format(effects: Effect[]): string[] {
  return effects.map(formatOne);
}

function formatOne(effect: Effect): string {
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

/** The lines that stay on the screen. */
function printed(effects: Effect[]): string[] {
  return effects.flatMap((effect) => (effect.do === 'print' ? [effect.line] : []));
}

function started(lineMode = new LineMode('redis')): LineMode {
  lineMode.start();
  return lineMode;
}

test('starts with a prompt for a line', () => {
  expect(new LineMode('redis').start()).toEqual([{ do: 'ask', for: 'line', prompt: 'redis> ' }]);
});

test.each(['PING', '', '  two  spaces  ', '\t'])(
  'sends %j unchanged, and prompts again immediately',
  (line) => {
    expect(format(started().typed(line))).toEqual([
      `> ${JSON.stringify(`${line}\n`)}`,
      '? redis> ',
    ]);
  },
);

test('ends lines in CRLF if that is set, even in mid-conversation', () => {
  const options: { lineEnd: LineEnd } = { lineEnd: '\r\n' };
  const lineMode = started(new LineMode('smtp', options));
  expect(format(lineMode.typed('NOOP'))).toEqual(['> "NOOP\\r\\n"', '? smtp> ']);
  options.lineEnd = '\n';
  expect(format(lineMode.typed('NOOP'))).toEqual(['> "NOOP\\n"', '? smtp> ']);
});

test.each([
  ['Password: ', 'password'],
  ['Enter passphrase for key: ', 'password'],
  ['PIN? ', 'password'],
  ['login: ', 'line'],
  ['spinning… ', 'line'],
])('takes the prompt %j for one that asks for a %s', (prompt, asked) => {
  expect(started().received(prompt)).toContainEqual({ do: 'ask', for: asked, prompt });
});

test('withdraws the prompt once for three lines in one chunk, and shows it again once', () => {
  expect(format(started().received('$5\r\nhello\r\n\r\n'))).toEqual([
    '/',
    'server: $5',
    'server: hello',
    'server: ',
    '? redis> ',
  ]);
});

test('escapes control characters in lines and prompts', () => {
  expect(format(started().received('\x1b[2J\r\r\n\x9b?'))).toEqual([
    '/',
    'server: ^[[2J^M',
    '? \\u{9b}?',
  ]);
  expect(format(new LineMode('\x1b').start())).toEqual(['? ^[> ']);
});

test('reads the same lines byte by byte', () => {
  const text = '+OK\r\n$5\nhello\tyou\r\n\n\x1b!\n';
  const lineMode = started();
  const effects = [...text].flatMap((byte) => lineMode.received(byte));
  expect(printed(effects)).toEqual(printed(started().received(text)));
  expect(printed(effects)).toEqual(['+OK', '$5', 'hello\tyou', '', '^[!']);
  expect(format(effects).at(-1)).toBe('? redis> ');
});

test('ignores empty text', () => {
  expect(started().received('')).toEqual([]);
});

describe('an unfinished line', () => {
  test('is the prompt', () => {
    expect(format(started().received('Debian\nlogin: '))).toEqual([
      '/',
      'server: Debian',
      '? login: ',
    ]);
  });

  test('is shown again each time it grows', () => {
    const lineMode = started();
    expect(format([...'lo\r\n'].flatMap((byte) => lineMode.received(byte)))).toEqual([
      '/',
      '? l',
      '/',
      '? lo',
      '/',
      'server: lo',
      '? redis> ',
    ]);
  });

  test('is not printed again after it is answered', () => {
    const lineMode = started();
    lineMode.received('login: ');
    expect(format(lineMode.typed('anna'))).toEqual(['> "anna\\n"', '? redis> ']);
    expect(format(lineMode.received('\r\nPassword: '))).toEqual(['/', 'server: ', '? Password: ']);
  });

  test('is a prompt even if it equals our own prompt', () => {
    const lineMode = started();
    lineMode.received('redis> ');
    lineMode.typed('PING');
    expect(printed(lineMode.received('PONG\n'))).toEqual(['PONG']);
  });

  test('is not a prompt if it is long, and is printed when it ends', () => {
    const lineMode = started();
    const long = 'x'.repeat(257);
    expect(lineMode.received(long)).toEqual([]);
    expect(format(lineMode.typed('PING'))).toEqual(['> "PING\\n"', '? redis> ']);
    expect(printed(lineMode.received('y\n'))).toEqual([`${long}y`]);
  });

  test('stops being a prompt when it gets long', () => {
    const lineMode = started();
    lineMode.received('x'.repeat(256));
    expect(format(lineMode.received('y'))).toEqual(['/', '? redis> ']);
    expect(lineMode.received('z')).toEqual([]);
    expect(printed(lineMode.received('\n'))).toEqual([`${'x'.repeat(256)}yz`]);
  });

  test('is not a prompt if it is long when escaped', () => {
    expect(started().received('\x1b'.repeat(129))).toEqual([]);
  });

  test('is printed when the connection closes', () => {
    const lineMode = started();
    lineMode.received('half a li');
    expect(format(lineMode.closed('gone'))).toEqual([
      '/',
      'server: half a li',
      'note: [gone]',
      '<lost>',
    ]);
  });
});

describe('a line too long to show', () => {
  test('is reported once, as soon as it is too long, and the next one is printed', () => {
    const lineMode = started();
    lineMode.received('x'.repeat(MAX_SHOWN_LENGTH));
    const effects = [...'yyy\nnext\n'].flatMap((byte) => lineMode.received(byte));
    expect(format(effects).slice(0, 3)).toEqual(['/', `note: ${TOO_LONG_TO_SHOW}`, '? redis> ']);
    expect(printed(effects)).toEqual([TOO_LONG_TO_SHOW, 'next']);
  });

  test('is reported if it arrives with its end', () => {
    const effects = started().received(`${'x'.repeat(MAX_SHOWN_LENGTH + 1)}\nnext\n`);
    expect(printed(effects)).toEqual([TOO_LONG_TO_SHOW, 'next']);
  });

  test('is printed if it has exactly the limit', () => {
    const longest = 'x'.repeat(MAX_SHOWN_LENGTH);
    expect(printed(started().received(`${longest}\n`))).toEqual([longest]);
  });
});

describe('a closed connection', () => {
  test('is reported in brackets', () => {
    expect(format(started().closed('\x1bgone'))).toEqual(['/', 'note: [^[gone]', '<lost>']);
  });

  test('is reported even if it was never open', () => {
    expect(format(new LineMode('redis').closed('refused'))).toEqual(['note: [refused]', '<lost>']);
  });

  test.each([
    [
      'ends the session if the service closed it after a line',
      ['QUIT'],
      'redis closed the connection (1000)',
      '<quit>',
    ],
    ['is lost if nothing was sent', [], 'redis closed the connection (1000)', '<lost>'],
    ['is lost with any other code', ['QUIT'], 'the bridge is stopping (1001)', '<lost>'],
  ])('%s', (_what, lines, reason, ending) => {
    const lineMode = started();
    for (const line of lines) lineMode.typed(line);
    expect(format(lineMode.closed(reason)).at(-1)).toBe(ending);
  });

  test('ignores everything after that', () => {
    const lineMode = started();
    lineMode.closed('gone');
    expect(lineMode.received('late\n')).toEqual([]);
    expect(lineMode.typed('late')).toEqual([]);
    expect(lineMode.closed('again')).toEqual([]);
  });
});

test('prints what arrives before the start, and prompts at the start', () => {
  const lineMode = new LineMode('smtp');
  expect(lineMode.typed('early')).toEqual([]);
  expect(format(lineMode.received('220 ready\nname: '))).toEqual(['server: 220 ready']);
  expect(format(lineMode.start())).toEqual(['? name: ']);
});

test('hides every password if that is set', () => {
  const lineMode = started(new LineMode('box', { hidesPasswords: true }));
  expect(lineMode.received('Password: ')).toContainEqual(
    expect.objectContaining({ for: 'hidden' }),
  );
  expect(lineMode.typed('secret').at(-1)).toMatchObject({ for: 'line' });
});

describe('with colors', () => {
  const colorful = () => started(new LineMode('box', { showsColor: true }));

  test('prints them, and the same line without them', () => {
    expect(colorful().received('\x1b[1;32mok\x1b[0m \x1b[2J\r\n')).toContainEqual({
      do: 'print',
      line: 'ok ^[[2J',
      colored: '\x1b[0;1;38;5;2mok\x1b[0m ^[[2J',
      speaker: 'server',
    });
  });

  test('prints the same if a line arrives in single characters', () => {
    const text = '\x1b[1;32mok\x1b[0m\n\x1b[38;5;20mand\nmore\n';
    const whole = colorful().received(text);
    const lineMode = colorful();
    const pieces = [...text].flatMap((character) => lineMode.received(character));
    const lines = (effects: Effect[]) => effects.filter((effect) => effect.do === 'print');
    expect(lines(pieces)).toEqual(lines(whole));
  });

  test('shows none in a prompt, and no part of a sequence', () => {
    const lineMode = colorful();
    const prompts = [...'\x1b[32muser\x1b[0m$ '].flatMap((character) =>
      lineMode
        .received(character)
        .flatMap((effect) => (effect.do === 'ask' ? [effect.prompt] : [])),
    );
    expect(prompts).toEqual(['u', 'us', 'use', 'user', 'user$', 'user$ ']);
  });

  test('asks for a password in a colored prompt', () => {
    expect(colorful().received('\x1b[1mPass\x1b[31mword:\x1b[0m ')).toContainEqual({
      do: 'ask',
      for: 'password',
      prompt: 'Password: ',
    });
  });

  test('goes on with the color of an answered prompt', () => {
    const lineMode = colorful();
    lineMode.received('\x1b[31m$ ');
    lineMode.typed('ls');
    expect(lineMode.received('file\n')).toContainEqual(
      expect.objectContaining({ line: 'file', colored: '\x1b[0;38;5;1mfile' }),
    );
  });
});

describe('with a service that hides what is typed', () => {
  const HIDE = '{"localEcho":false}';
  const SHOW = '{"localEcho":true}';

  test('asks for a hidden line until the service shows it again', () => {
    const lineMode = started(new LineMode('mud'));
    lineMode.received('Your name? ');
    lineMode.typed('anna');
    expect(lineMode.notified(HIDE)).toEqual([
      { do: 'stopAsking' },
      { do: 'ask', for: 'hidden', prompt: 'mud> ' },
    ]);
    expect(lineMode.received('Who else knows? ').at(-1)).toEqual({
      do: 'ask',
      for: 'hidden',
      prompt: 'Who else knows? ',
    });
    expect(lineMode.typed('secret').at(-1)).toMatchObject({ for: 'hidden', prompt: 'mud> ' });
    expect(lineMode.notified(SHOW).at(-1)).toMatchObject({ for: 'line', prompt: 'mud> ' });
  });

  test('changes nothing if nothing changes, and before it starts', () => {
    const lineMode = new LineMode('mud');
    expect(lineMode.notified(HIDE)).toEqual([]);
    expect(lineMode.start()).toEqual([{ do: 'ask', for: 'hidden', prompt: 'mud> ' }]);
    expect(lineMode.notified(HIDE)).toEqual([]);
  });

  test.each(['{"connected":true}', '{"localEcho":false,"other":1}', 'no JSON', ''])(
    'keeps the line hidden at a notice that it does not know: %j',
    (notice) => {
      const lineMode = started(new LineMode('mud'));
      lineMode.notified(HIDE);
      expect(lineMode.notified(notice)).toEqual([]);
      expect(lineMode.typed('secret').at(-1)).toMatchObject({ for: 'hidden' });
    },
  );
});
