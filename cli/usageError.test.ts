import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CommanderError } from 'commander';
import { afterEach, expect, test } from 'vitest';
import { UsageError } from './cliError.ts';
import { buildProgram, expandShorthand } from './program.ts';
import { usageErrorOf } from './usageError.ts';

/** A test for each code of Commander that means wrong usage, by the code. */
const TESTS: Record<string, [args: string, message: string, env?: Record<string, string>][]> = {
  'commander.unknownCommand': [
    ['gte', "unknown command 'gte'; did you mean get?"],
    ['help gte', "unknown command 'gte'; did you mean get?"],
    ['gte --help', "unknown command 'gte'; did you mean get?"],
    ['plann', "unknown command 'plann'; did you mean plan or plans?"],
    ['frobnicate', "unknown command 'frobnicate'; see motd --help"],
    ['toString', "unknown command 'toString'; see motd --help"],
    ['start', "unknown command 'start'; did you mean up?"],
    [
      'stop',
      "unknown command 'stop'; to stop a server, press Ctrl-C in its terminal, or type SHUTDOWN in motd connect; a service: systemctl stop motd-server",
    ],
  ],
  'commander.unknownOption': [
    ['serve --prot 1', "unknown flag '--prot'; did you mean --port?"],
    ['set --mesage x', "unknown flag '--mesage'; did you mean --message?"],
    ['get --hots=x', "unknown flag '--hots'; did you mean --host?"],
    ['get --frobnicate=secret', "unknown flag '--frobnicate'; see motd get --help"],
    ['get -m x', "unknown flag '-m'; see motd get --help"],
    ['get --json=yes', "invalid value 'yes' for --json: the flag takes no value"],
    ['get --help=', "invalid value '' for --help: the flag takes no value"],
    ['--version=1 get', "invalid value '1' for --version: the flag takes no value"],
    ['--frobnicate get', "unknown flag '--frobnicate'; see motd --help"],
  ],
  'commander.missingArgument': [
    ['cancel', 'the argument NUMBER is missing; write the number first; motd plans prints it'],
    ['copy-store memory:', 'the argument TO is missing; see motd copy-store --help'],
  ],
  'commander.excessArguments': [
    ['serve now', 'too many arguments: motd serve takes none; see motd serve --help'],
    ['get a 1 b', 'too many arguments: motd get takes at most 2; see motd get --help'],
    [
      'set -m a b c d',
      'too many arguments: motd set takes at most 2; pass the message with -m, in quotes',
    ],
    [
      'hash-password secret',
      'too many arguments: motd hash-password takes none; see motd hash-password --help',
    ],
  ],
  'commander.optionMissingArgument': [
    ['get --port', 'the value of --port is missing; write --port <port>'],
    ['set -m', 'the value of --message is missing; write --message <text>'],
  ],
  'commander.conflictingOption': [
    ['serve --socket s --port 1', '--socket cannot be used with --port; use only one of them'],
    [
      'serve --socket s',
      '--socket cannot be used with MOTD_PORT; use only one of them',
      { MOTD_PORT: '1' },
    ],
  ],
  'commander.invalidArgument': [
    ['get --port x', "invalid value 'x' for --port: it must be a port number from 0 to 65535"],
    [
      'serve',
      "invalid value 'x' of MOTD_PORT: it must be a port number from 0 to 65535",
      { MOTD_PORT: 'x' },
    ],
    [
      "get --port '_is_invalid._'",
      "invalid value '' is invalid. '' for --port: it must be a port number from 0 to 65535",
    ],
    ['serve --log xml', "invalid value 'xml' for --log: it must be console, json or silent"],
    ['connect --compat x', "invalid value 'x' for --compat: it must be original"],
    [
      'serve --password ',
      'invalid value for --password: it must be one line of plain text, 1 to 4096 bytes',
    ],
    [
      'serve',
      'invalid value of MOTD_PASSWORD: it must be one line of plain text, 1 to 4096 bytes',
      { MOTD_PASSWORD: 'a\nb' },
    ],
    ['get h x', "invalid port 'x': it must be a port number from 0 to 65535; see motd get --help"],
    [
      'get 26310',
      "invalid host: '26310' is not a server: write --port 26310 for a port; see motd get --help",
    ],
    [
      'get --host a,b:c',
      "invalid value for --host: 'b:c' is not a server: it must be HOST, HOST:PORT, [IPV6]:PORT or the /PATH of a Unix socket, and several are separated by commas",
    ],
    [
      'cancel x',
      "invalid number 'x': it must be a whole number from 0 to 999999999; write the number first; motd plans prints it",
    ],
    [
      'bridge --target a=h:1_a=h:2',
      "invalid value 'a=h:1 a=h:2' for --target: each target needs a different name",
    ],
  ],
  'commander.error': [['get h --host h', 'the host is given twice; leave out --host']],
};

const variables = new Set<string>();
afterEach(() => {
  for (const name of variables) delete process.env[name];
});

/** Parses a command line, in which `_` is a space. @returns Its error. */
async function errorOf(line: string, env: Record<string, string> = {}): Promise<unknown> {
  Object.assign(process.env, env);
  for (const name of Object.keys(env)) variables.add(name);
  const args = expandShorthand(line.split(' ').map((arg) => arg.replaceAll('_', ' ')));
  const program = await buildProgram('1.2.3', args[0]);
  return program.parseAsync(args, { from: 'user' }).catch((error) => error);
}

test.each(Object.values(TESTS).flat())('motd %s: %s', async (line, message, env) => {
  const error = await errorOf(line, env);
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toHaveProperty('message', message);
});

test.each(['set', 'plan'])(
  'motd %s takes no message as an argument, and names -m',
  async (name) => {
    for (const text of ['some_text', 'fri_18:00 -m x', '18:00', 'a b', 'a 1 c']) {
      expect(await errorOf(`${name} ${text}`)).toHaveProperty(
        'message',
        expect.stringContaining('; pass the message with -m'),
      );
    }
  },
);

test('keeps the text of an error that Commander has only in another version', async () => {
  const program = await buildProgram('1.2.3');
  const error = new CommanderError(1, 'commander.unknownOption', "error: no such option '--x'");
  expect(usageErrorOf(error, program)).toMatchObject({
    name: 'UsageError',
    message: "wrong usage: no such option '--x'; see motd --help",
    shortCode: 'wrong-usage',
  });
});

test('shortens a long value, and keeps the reason', async () => {
  const error = await errorOf(`set -m ${'x'.repeat(5000)}`);
  expect(error).toHaveProperty(
    'message',
    expect.stringMatching(
      /^invalid value 'x{80,} … x*' for --message: it must be one line of plain text, 1 to 4096 bytes$/,
    ),
  );
  expect((error as Error).message.length).toBeLessThan(310);
});

test('covers every code of Commander', async () => {
  const lib = createRequire(import.meta.url)
    .resolve('commander')
    .replace('index.js', 'lib/');
  const sources = ['command.js', 'error.js'].map((file) => readFileSync(`${lib}${file}`, 'utf8'));
  const codes = new Set(
    [...sources.join('').matchAll(/'(commander\.\w+)'/g)].map(([, code]) => code),
  );
  // Of a command in a file of its own, of help and version.
  for (const other of ['executeSubCommandAsync', 'help', 'helpDisplayed', 'version'])
    codes.delete(`commander.${other}`);
  // Of a flag that must be given.
  const { commands } = await buildProgram('1.2.3');
  expect(commands.flatMap(({ options }) => options).filter(({ mandatory }) => mandatory)).toEqual(
    [],
  );
  codes.delete('commander.missingMandatoryOptionValue');
  expect([...codes].sort()).toEqual(Object.keys(TESTS).sort());
});
