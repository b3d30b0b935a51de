// The command line itself: help, one-line errors, exit status.

import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';

/** A Node option that runs a script before the program. */
function importOption(script: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(script)}`;
}

async function expectServerResponds(port: string): Promise<void> {
  expect(await runMotd(['get', '127.0.0.1', port])).toMatchObject({ status: 0, stderr: '' });
}

/** Opens a session, which writes a line to the log, and checks that the bridge is healthy. */
async function expectBridgeResponds(port: string): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  socket.once('open', () => socket.close());
  await once(socket, 'close');
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
}

const COMMANDS = ['up', 'serve', 'bridge', 'connect', 'get', 'set', 'watch', 'history'];

test(
  'is a program that can be executed after every build, as npm link needs it',
  QUICK,
  async () => {
    test.skip(process.platform === 'win32', 'Windows has no mode for that');
    const program = new Program('dist/cli/main.js', ['--version']);
    expect((await program.result()).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  },
);

test('a usage error gives its reason, however long the value is', async () => {
  const { status, stderr } = await runMotd(['set', '-m', 'x'.repeat(5000)]);
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^motd: invalid value 'x+ … x+' for --message: it must be one line of plain text, 1 to 4096/,
  );
  expect(stderr.length).toBeLessThan(400);
});

test('--help names every command', QUICK, async () => {
  const { status, stdout, stderr } = await runMotd(['--help']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const command of [...COMMANDS, 'hash-password']) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  }
});

for (const command of COMMANDS) {
  test(`${command} --help names the environment variable of every flag`, QUICK, async () => {
    const { status, stdout } = await runMotd([command, '--help']);
    expect(status).toBe(0);
    const flags = stdout
      .split(/^ {2}(?=-)/m)
      .slice(1)
      .filter((text) => !text.startsWith('-h'));
    expect(flags.length).toBeGreaterThan(1);
    for (const flag of flags) expect(flag.replace(/\s+/g, ' ')).toMatch(/env: MOTD_\w+/);
  });
}

for (const command of ['up', 'serve', 'bridge']) {
  test(`${command} --help lists its five most used flags first, the rest in groups`, async () => {
    const { stdout } = await runMotd([command, '--help']);
    const groups = stdout.split(/^(?=[A-Z][\w ]*:$)/m).slice(1);
    const headings = groups.map((group) => group.slice(0, group.indexOf(':')));
    expect(headings[0]).toBe('Most used');
    expect(groups[0]?.match(/^ {2}--/gm)).toHaveLength(5);
    const common = ['Listening', 'Limits', 'TLS', 'Operations'];
    expect(headings).toEqual(expect.arrayContaining(common));
    // A new flag needs a group.
    expect(groups[headings.indexOf('Options')]?.match(/^ {2}-.*/gm)).toEqual([
      expect.stringMatching(/^ {2}-h, --help /),
    ]);
    expect(headings.slice(-2)).toEqual(['Options', 'Examples']);
    expect(stdout).not.toContain('default: ""');
  });
}

for (const [mistake, args, pattern] of [
  [
    'an unknown command',
    ['frobnicate'],
    /^motd: unknown command 'frobnicate'; see motd --help \[unknown-command\]\n$/,
  ],
  [
    'an unknown flag',
    ['serve', '--prot', '1'],
    /^motd: unknown flag '--prot'; did you mean --port\? \[unknown-flag\]\n$/,
  ],
  [
    'a port that is not a number',
    ['serve', '--port', 'http'],
    /^motd: .*--port.*0 to 65535 \[invalid-value\]\n$/,
  ],
  [
    'a port beyond the last',
    ['connect', 'localhost', '65536'],
    /^motd: invalid port '65536': .*0 to 65535; see motd connect --help \[invalid-value\]\n$/,
  ],
  [
    'an invalid target',
    ['bridge', '--target', 'redis'],
    /^motd: .*it has no NAME= \[invalid-value\]\n$/,
  ],
  [
    'a port in place of a host',
    ['connect', '26310'],
    /^motd: .*'26310' is not a server: .* \[invalid-value\]\n$/,
  ],
  [
    'an invalid server among several',
    ['get', '--host', 'a,b:c'],
    /^motd: .*'b:c' is not a server: .* \[invalid-value\]\n$/,
  ],
  [
    'a port in place of an address to listen on',
    ['serve', '--host', '1'],
    /^motd: .*host.*pass the port separately \[invalid-value\]\n$/,
  ],
  [
    'a port after a colon in an address to listen on',
    ['up', '--host', 'h:1'],
    /^motd: .*host.*pass the port separately \[invalid-value\]\n$/,
  ],
  [
    'several addresses to listen on',
    ['serve', '--host', 'a,b'],
    /^motd: .*one address to listen on;.* \[invalid-value\]\n$/,
  ],
  [
    'a port given twice',
    ['connect', 'h', '1', '--port', '2'],
    /^motd: the port is given twice;.* \[conflicting-flags\]\n$/,
  ],
  [
    'an invalid number of workers',
    ['bridge', '--workers', 'AUTO'],
    /^motd: .* auto, or .* 1 to 256 \[invalid-value\]\n$/,
  ],
  [
    'an unknown log format',
    ['serve', '--log', 'xml'],
    /^motd: .*console, json or silent \[invalid-value\]\n$/,
  ],
  [
    'a message of two lines',
    ['serve', '--message', 'a\nb'],
    /^motd: .*one line of plain text.* \[invalid-value\]\n$/,
  ],
  [
    'an empty history',
    ['serve', '--history', '0'],
    /^motd: .*from 1 to 100000 \[invalid-value\]\n$/,
  ],
  [
    'a limit that is not a number',
    ['serve', '--max-connections', 'x'],
    /^motd: .*whole number.* \[invalid-value\]\n$/,
  ],
  [
    'a negative timeout',
    ['get', '--timeout', '-1'],
    /^motd: .*seconds above 0 \[invalid-value\]\n$/,
  ],
  [
    'a network that is not an address',
    ['serve', '--trust-proxy', 'lo'],
    /^motd: .*IP addresses.* \[invalid-value\]\n$/,
  ],
  [
    'a password given twice',
    ['serve', '--password', 'long enough', '--password-file', 'x'],
    /^motd: --password-file cannot be used with --password; use only one of them \[conflicting-flags\]\n$/,
  ],
  [
    'a Unix socket without a path',
    ['bridge', '--target', 'a=unix:'],
    /^motd: .*nor unix:\/PATH \[invalid-value\]\n$/,
  ],
  [
    'two targets of one name',
    ['bridge', '--target', 'a=h:1 a=h:2'],
    /^motd: .*needs a different name \[invalid-value\]\n$/,
  ],
  [
    'a path without a slash',
    ['bridge', '--base-path', 'motd'],
    /^motd: .*such as \/motd.* \[invalid-value\]\n$/,
  ],
  [
    'a path with ..',
    ['bridge', '--base-path', '/a/../b'],
    /^motd: .*such as \/motd.* \[invalid-value\]\n$/,
  ],
  [
    'an origin with a path',
    ['bridge', '--public-origin', 'https://h/motd'],
    /^motd: .*without a path \[invalid-value\]\n$/,
  ],
  [
    'an origin of another scheme',
    ['up', '--public-origin', 'wss://h'],
    /^motd: .*https:\/\/HOST.* \[invalid-value\]\n$/,
  ],
  [
    'a limit of no sessions',
    ['up', '--max-sessions', '0'],
    /^motd: .*from 1 to 1000000 \[invalid-value\]\n$/,
  ],
  [
    'a ping interval of 0',
    ['bridge', '--ping-interval', '0'],
    /^motd: .*from 1 to 3600 \[invalid-value\]\n$/,
  ],
  [
    'an empty password',
    ['serve', '--password', ''],
    /^motd: .*one line of plain text.* \[invalid-value\]\n$/,
  ],
] as const) {
  test(`rejects ${mistake} with one line and status 2`, async () => {
    const { status, stdout, stderr } = await runMotd([...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(pattern);
  });
}

for (const [command, args, variable] of [
  ['serve', ['--password'], 'MOTD_PASSWORD'],
  ['set', ['-m', 'x', '--store-password'], 'MOTD_STORE_PASSWORD'],
] as const) {
  test(`an error about a password of ${command} does not show it`, async () => {
    const secret = "a secret' is invalid from env '\x07";
    const given = await runMotd([command, ...args, secret]);
    expect(given.status).toBe(2);
    expect(given.stderr).toMatch(
      /^motd: invalid value for --[\w-]*password: .* \[invalid-value\]\n$/,
    );
    const inherited = await runMotd([command, ...args.slice(0, -1)], '', { [variable]: secret });
    expect(inherited.status).toBe(2);
    expect(inherited.stderr).toMatch(new RegExp(`^motd: invalid value of ${variable}: `));
    expect(given.stderr + inherited.stderr).not.toContain('secret');
  });
}

test('an error is one line without control characters, whatever input it shows', async () => {
  const name = 'a\x1b]0;x\x07\r\n\x9b2J\u2028\u202e';
  const shown = 'a^[]0;x^G^M^J\\u{9b}2J\\u{2028}\\u{202e}';
  const servesTls = ['--tls-key', 'x', '--tls-cert'];
  const results = await Promise.all(
    [
      [`--${name}`],
      [name],
      ['serve', '--port', name],
      ['serve', '--password-file', name],
      ['serve', '--store', `file:/dev/null/${name}`],
      ['serve', '--store', name],
      ['serve', ...servesTls, name],
      ['bridge', '--users-file', name],
      ['bridge', '--http-host', name, '--http-port', '0'],
      ['get', '--tls-ca', name],
      ['get', '--timeout', name],
      ['get', `a.invalid,b.invalid,${name.replace(/\s/g, '')}`],
      ['copy-store', `file:${name}`, 'memory:'],
    ].map((args) => runMotd(args)),
  );
  for (const { status, stdout, stderr } of results) {
    expect([1, 2]).toContain(status);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^motd: [^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+ \[[a-z0-9-]+\]\n$/u);
  }
  const shownWhole = results.filter(({ stderr }) => stderr.includes(shown));
  expect(shownWhole.length).toBeGreaterThan(results.length / 2);
});

test('escapes control characters in the report of an internal error', async () => {
  const fault = 'process.on("SIGUSR2",()=>{throw(new(Error)("a\x9b\x1b[2J"))})';
  const server = Program.motd(['serve', '--port', '0'], { NODE_OPTIONS: importOption(fault) });
  await server.waitForOutput(/listening/);
  server.process.kill('SIGUSR2');
  expect(await server.exitCode()).toBe(1);
  expect(server.stderr).toMatch(/^Error: a\\u\{9b\}\^\[\[2J\n {4}at /);
});

test('does not pass a password to the process that looks up a host', async ({ server }) => {
  const folder = test.info().outputPath('environments');
  mkdirSync(folder, { recursive: true });
  // Each process records its environment before any of our code runs.
  const note =
    'process.getBuiltinModule("fs").writeFileSync(process.env.FOLDER+"/"+process.pid,JSON.stringify(process.env))';
  const { status } = await runMotd(
    ['set', '-m', 'x', '--host', 'localhost', '--port', String(server.port)],
    '',
    {
      MOTD_STORE_PASSWORD: 'a very secret word',
      FOLDER: folder,
      NODE_OPTIONS: importOption(note),
    },
  );
  expect(status).toBe(0);
  const environments = readdirSync(folder).map((pid) => readFileSync(join(folder, pid), 'utf8'));
  expect(environments).toHaveLength(2);
  expect(environments.filter((environment) => environment.includes('secret'))).toHaveLength(1);
});

test('names an environment variable with an invalid value', async () => {
  const { status, stderr } = await runMotd(['serve'], '', { MOTD_PORT: 'http' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^motd: .*MOTD_PORT.* \[invalid-value\]\n$/);
});

test('ignores a CR at the end of a variable, from a file with CRLF line ends', async () => {
  const file = test.info().outputPath('server.env');
  writeFileSync(file, 'MOTD_PORT=0\r\nMOTD_HOST=127.0.0.1\r\nMOTD_STORE=memory:\r\n');
  const script = 'set -a; . "$1"; exec "$2" dist/cli/main.js serve';
  const server = new Program('sh', ['-c', script, 'sh', file, process.execPath]);
  await server.waitForOutput(/listening on 127\.0\.0\.1:\d+\n/);
  expect(await server.stop()).toBe(0);
  expect(server.stderr).toBe('');
});

test('rejects several hosts in the environment for a command that listens', async () => {
  const { status, stderr } = await runMotd(['serve'], '', { MOTD_HOST: 'a,b' });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^motd: .*MOTD_HOST.*one address to listen on; only clients accept several \[invalid-value\]\n$/,
  );
});

test('an environment variable sets its flag, and the flag takes precedence', QUICK, async () => {
  const env = { MOTD_PORT: '1', MOTD_MESSAGE: 'from the environment' };
  const server = Program.motd(['serve', '--port', '0'], env);
  const [, port] = await server.waitForOutput(/listening on 127\.0\.0\.1:(\d+)/);
  const client = Program.motd(['connect'], { MOTD_PORT: port ?? '' }).input('MSGGET\nQUIT\n');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toContain('Server: 200 OK\nfrom the environment\n');
});

for (const [failure, args, pattern] of [
  [
    'a refused connection',
    ['connect', '127.0.0.1', '1'],
    /^motd: 127\.0\.0\.1:1 refused the connection \(ECONNREFUSED\); .* \[connection-refused\]\n$/,
  ],
  [
    'an unknown host',
    ['connect', 'no-such-host.invalid'],
    /^motd: no-such-host\.invalid:26310 has an unknown host name \(\w+\); check --host \[unknown-host\]\n$/,
  ],
  [
    'an address of another machine',
    ['serve', '--host', '192.0.2.1', '--password', 'not the default'],
    /^motd: 192\.0\.2\.1 is not an address of this machine; check --host \[foreign-address\]\n$/,
  ],
  [
    'the default password beyond loopback',
    ['serve', '--host', '0.0.0.0'],
    /^motd: .*--password.*0\.0\.0\.0 \[weak-password\]\n$/,
  ],
  [
    'a short password beyond loopback',
    ['serve', '--host', '0.0.0.0', '--password', '7 chars'],
    /^motd: .*8 characters or more; set --password \[weak-password\]\n$/,
  ],
  [
    'a missing password file',
    ['serve', '--password-file', 'no-such-file'],
    /^motd: no such file: no-such-file; check --password-file \[file-not-found\]\n$/,
  ],
  [
    'a password file without a hash',
    ['serve', '--store-password-file', 'package.json'],
    /^motd: no password hash in package\.json; make one: \(umask 077; motd hash-password > package\.json\) \[invalid-file\]\n$/,
  ],
  [
    'a store that is a file',
    ['serve', '--store', 'file:package.json'],
    /^motd: package\.json is a file; name a folder with --store \[store-unusable\]\n$/,
  ],
] as const) {
  test(`reports ${failure} in one line, with status 1`, async () => {
    const { status, stdout, stderr } = await runMotd([...args]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(pattern);
  });
}

for (const [failure, store, pattern] of [
  ['an unknown kind of store', 'floppy:', /^motd: no such store: floppy:; --store.*\n$/],
  [
    'a path in place of the URL of a store',
    './motd-data',
    /^motd: no such store: \.\/motd-data; did you mean file:\.\/motd-data\? .*\n$/,
  ],
  [
    'a store whose ~ the shell has not expanded',
    'file:~/motd',
    /^motd: the shell does not expand ~ in file:~\/motd; write file:\$HOME\/.* --store, .*\n$/,
  ],
] as const) {
  test(`reports ${failure} in one line, with status 2`, async () => {
    const { status, stdout, stderr } = await runMotd(['serve', '--port', '0', '--store', store]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(pattern);
    expect(stderr).toMatch(/ \[invalid-store-url\]\n$/);
  });
}

test('up has the status of the process that rejects its flags', async () => {
  for (const flags of [
    ['--tls-cert', 'x'],
    ['--etcd-user', 'x'],
    ['--socket-mode', '600'],
  ]) {
    const { status, stderr } = await runMotd(['up', '--port', '0', '--http-port', '0', ...flags]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^motd: .* \[[a-z-]+\]\n$/)]);
  }
});

test('up warns once of flags that npm has taken', async () => {
  const env = {
    npm_lifecycle_event: 'start',
    npm_config_http_port: '8081',
    npm_config_open: 'true',
    // A flag of npm, too.
    npm_config_message: 'x',
    MOTD_PORT: '0',
    MOTD_HTTP_PORT: '0',
    MOTD_STORE: 'memory:',
  };
  const program = Program.motd(['up'], env);
  await program.waitForOutput(/^Open http/m);
  expect(await program.stop()).toBe(0);
  expect(program.stderr).toBe(
    'motd: warning: npm has taken --open, --http-port for itself; write -- before the flags of motd: npm start -- --open [taken-by-npm]\n',
  );
  const apart = await runMotd(['up', '1'], '', { ...env, npm_lifecycle_event: 'motd' });
  expect(apart.status).toBe(2);
  expect(apart.stderr).toMatch(
    /^motd: warning: npm .*: npm run motd up -- --open .*\nmotd: too many arguments: .*\n$/,
  );
  const negated = { npm_lifecycle_event: 'motd', npm_config_default: '' };
  expect((await runMotd(['get', '--port', 'x'], '', negated)).stderr).toMatch(
    /^motd: warning: npm has taken --no-default .*\n/,
  );
});

test('an error about a URL does not show a password in it', async () => {
  for (const args of [
    ['bridge', '--ready-url', 'https://me:SECRET@127.0.0.1/'],
    ['bridge', '--public-origin', 'https://me:SECRET@127.0.0.1/path'],
    ['get', '--url', 'ws://me:a/SECRET@127.0.0.1/ws'],
    ['get', '--url', 'ws://me:a@SECRET@127.0.0.1/ws'],
    ['serve', '--store', 'etcd://me:SECRET@127.0.0.1:1/motd'],
    ['serve', '--store', 'redis://me:SECRET@127.0.0.1:1'],
  ]) {
    const { stderr } = await runMotd(args);
    expect(stderr).toMatch(/^motd: .* \[[a-z0-9-]+\]\n$/);
    expect(stderr).not.toContain('SECRET');
  }
});

test('warns in one line of a password file that other users can read', async () => {
  const file = test.info().outputPath('password');
  const hash = Program.motd(['hash-password']).input('long enough\n');
  await hash.exitCode();
  writePrivately(file, hash.stdout);
  for (const [mode, stderr] of [
    [0o600, ''],
    [
      0o644,
      `motd: warning: the file of --password-file can be read by other users: ${file} has mode 0644; run: chmod 600 ${file} [exposed-secret]\n`,
    ],
  ] as const) {
    chmodSync(file, mode);
    const server = Program.motd(['serve', '--port', '0', '--password-file', file]);
    await server.waitForOutput(/listening on/);
    expect(await server.stop()).toBe(0);
    expect(server.stderr).toBe(stderr);
  }
});

for (const [command, flag] of [
  ['serve', '--port'],
  ['bridge', '--http-port'],
  ['up', '--port'],
] as const) {
  test(`${command}: reports a port in use in one line that names ${flag}, with status 1`, async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { status, stderr } = await runMotd([command, flag, String(port)]);
    other.close();
    expect(status).toBe(1);
    expect(stderr).toBe(
      `motd: port ${port} is already in use on 127.0.0.1; choose another with ${flag} [port-in-use]\n`,
    );
  });
}

test('--log json writes the same events, one per line', QUICK, async () => {
  const server = Program.motd(['serve', '--port', '0', '--log', 'json']);
  const [, port] = await server.waitForOutput(/"event":"listening".*"port":(\d+)/);
  const client = Program.motd(['connect', '127.0.0.1', port ?? '']);
  await client.input('MSGSTORE\nhello\nSHUTDOWN\n123!abc\n').exitCode();
  expect(await server.exitCode()).toBe(0);
  const events = server.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual([
    'listening',
    'connected',
    'received',
    'received',
    'updated',
    'received',
    'shutdownAccepted',
    'closed',
  ]);
  expect(events[4]).toMatchObject({ message: 'hello', peer: { host: '127.0.0.1' } });
  expect(server.stdout).not.toContain('123!abc');
});

for (const format of ['console', 'json']) {
  test(`--log ${format} writes no password, wherever it is typed`, async () => {
    const server = Program.motd(['serve', '--port', '0', '--log', format]);
    const [, port = ''] = await server.waitForOutput(/127\.0\.0\.1(?::|","port":)(\d+)/);
    const client = Program.motd(['connect', '127.0.0.1', port]);
    const misplaced = '123!abc\nSHUTDOWN 123!abc\nshutdown 123!abc\nMSGSTORE 123!abc\n';
    const wrong = 'SHUTDOWN\n321!qwe\n123!abc\n';
    await client.input(`${misplaced}${wrong}SHUTDOWN\n123!abc\n`).exitCode();
    expect(await server.exitCode()).toBe(0);
    expect(server.stdout.match(/SHUTDOWN/g)).toHaveLength(2);
    expect(server.stdout.match(/unknown ?command/gi)).toHaveLength(5);
    expect(server.stdout).not.toMatch(/!qwe|!abc/);
  });
}

test('without enough file descriptors, prints one line with a short code', async () => {
  test.skip(process.platform === 'win32', 'sets ulimit -n');
  const errors: string[] = [];
  let isListening = false;
  for (let limit = 16; !isListening; limit++) {
    const underLimit = ['sh', '-c', `ulimit -n ${limit}; exec "$0" "$@"`];
    const flags = ['--port', '0', '--store', 'memory:', '--workers', '2'];
    const server = Program.motdUnder(underLimit, ['serve', ...flags]);
    const stop = () => server.process.kill();
    isListening = await server.waitForOutput(/listening/).then(stop, () => false);
    const { status, stderr } = await server.result();
    // With fewer, Node crashes, or does not read the program.
    const isRun = status === 1 && !/ open '.*\/main\.js'/.test(stderr);
    if (isRun) errors.push(stderr);
  }
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(error).toMatch(/^motd: .+ \[system-limit\]\n$/);
});

test('exits with status 0 even if it is paused during the shutdown', async () => {
  test.skip(process.platform !== 'linux', 'reads /proc');
  // The server stops itself when it starts to wait for its output: this moment cannot be hit from
  // outside.
  const stopping = `
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (...timer) => {
      const isFirst = new Error().stack.includes('at exitWhenFlushed ');
      const made = setTimeout(...timer);
      if (isFirst) process.kill(process.pid, 'SIGSTOP');
      return made;
    };`;
  const server = Program.motd(['serve', '--port', '0'], { NODE_OPTIONS: importOption(stopping) });
  const [, port] = await server.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
  const client = connect(Number(port), '127.0.0.1');
  client.write('SHUTDOWN\n123!abc\n');
  expect(await text(client)).toBe('300 PASSWORD REQUIRED\n200 OKAY\n');
  const stat = () => readFileSync(`/proc/${server.process.pid}/stat`, 'latin1');
  await expect.poll(stat).toMatch(/^\d+ \(.*\) T /);
  // As on a busy machine: longer than the server waits for its output at the end.
  await setTimeout(1500);
  server.process.kill('SIGCONT');
  expect(await server.exitCode()).toBe(0);
});

test.describe('standard output', () => {
  test.skip(process.platform !== 'linux', 'needs /dev/full');

  test('that is full loses log lines, but no replies, and does not block the exit', async () => {
    const port = await freePort();
    const serve = `exec ${process.execPath} dist/cli/main.js serve --store memory: --port ${port} > /dev/full`;
    const server = new Program('sh', ['-c', serve]);
    await expect(async () => {
      expect((await runMotd(['connect', '127.0.0.1', String(port)])).status).toBe(0);
    }).toPass();
    const client = Program.motd(['connect', '127.0.0.1', String(port)]).input(
      'SHUTDOWN\n123!abc\n',
    );
    expect(await client.exitCode()).toBe(0);
    expect(await server.exitCode()).toBe(0);
  });

  for (const [command, flagsFor] of [
    ['serve', () => ['--store', 'memory:', '--port', '0']],
    ['bridge', (free: string) => ['--target', `a=127.0.0.1:${free}`, '--http-port', '0']],
    ['up', (free: string) => ['--store', 'memory:', '--port', '0', '--http-port', free]],
  ] as const) {
    test(`that is closed, and standard error with it, does not end motd ${command}`, async () => {
      const free = String(await freePort());
      // `$$` is the id of the process that becomes the command.
      const script = `{ sh -c 'echo "pid $$" >&3; exec "$@" 2>&1' sh "$@"; echo "status $?" >&3; } 3>&2 | head -1`;
      const args = [process.execPath, 'dist/cli/main.js', command, ...flagsFor(free)];
      const server = new Program('sh', ['-c', script, 'sh', ...args]);
      const [, pid = ''] = await server.waitForStderr(/pid (\d+)\n/);
      const [, port = ''] = await server.waitForOutput(/listening on \S+:(\d+)\n/);
      // Produces lines in the log.
      for (let turn = 0; turn < 3; turn++) {
        if (command !== 'bridge') await expect(() => expectServerResponds(port)).toPass();
        if (command !== 'serve') {
          await expect(() => expectBridgeResponds(command === 'up' ? free : port)).toPass();
        }
      }
      process.kill(Number(pid), 'SIGTERM');
      await server.exitCode();
      expect(server.stderr).toMatch(/status 0\n$/);
    });
  }

  test('that is read slowly gets every log line', async () => {
    const server = Program.motd(['serve', '--port', '0']);
    const [, port = ''] = await server.waitForOutput(/listening on 127\.0\.0\.1:(\d+)/);
    server.process.stdout?.pause();
    const client = Program.motd(['connect', '127.0.0.1', port]);
    client.input(`${'MSGGET\n'.repeat(5000)}SHUTDOWN\n123!abc\n`);
    expect(await client.exitCode()).toBe(0);
    // A slow reader: 16 KiB every 20 ms.
    const reading = setInterval(() => server.process.stdout?.read(16 * 1024), 20);
    expect(await server.exitCode()).toBe(0);
    clearInterval(reading);
    expect(server.stdout.match(/: MSGGET\n/g)).toHaveLength(5000);
    expect(server.stdout).toMatch(/\n\[-\] Connection closed with .*\n$/);
  });

  test('that is not read loses log lines, but no replies, and does not block the exit', async () => {
    const port = await freePort();
    const server = Program.motd(['serve', '--port', String(port)]);
    await server.waitForOutput(/listening/);
    server.process.stdout?.pause();
    const client = Program.motd(['connect', '127.0.0.1', String(port)]);
    client.input(`${'x'.repeat(4000)}\n`.repeat(500));
    expect(await client.exitCode()).toBe(0);
    expect(client.stdout.match(/400 UNKNOWN COMMAND/g)).toHaveLength(500);
    server.process.kill('SIGTERM');
    await once(server.process, 'exit');
  });
});

test('--log silent writes nothing', async () => {
  const port = await freePort();
  const server = Program.motd(['serve', '--port', String(port), '--log', 'silent']);
  await expect(async () => {
    const client = Program.motd(['connect', '127.0.0.1', String(port)]).input(
      'SHUTDOWN\n123!abc\n',
    );
    expect(await client.exitCode()).toBe(0);
  }).toPass();
  expect(await server.exitCode()).toBe(0);
  expect(server.stdout + server.stderr).toBe('');
});
