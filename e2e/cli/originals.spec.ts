// The original Python programs (testing/originals/) against ours: their client with `motd serve`,
// and their server with `motd connect` and `motd get`.

import { codeBlock } from '../../testing/docs.ts';
import {
  type OriginalServerOptions,
  python,
  runOriginalClient,
  startOriginalServer,
} from '../../testing/originals.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';
import { goldens } from '../golden/golden.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';

test.skip(python === '' && process.env['CI'] === undefined, 'no python3 on this machine');

const COMMANDS = ['MSGGET', 'MSGSTORE', 'a message', 'MSGGET', 'FOO', 'MSGSTORE', 'QUIT', 'QUIT'];

const SERVED = `Client: MSGGET
Server: '200 OK\\n'
'${APPLE}\\n'
Client: MSGSTORE
Server: '200 OK\\n'
Client: a message
Server: '200 OK\\n'
Client: MSGGET
Server: '200 OK\\n'
'a message\\n'
Client: FOO
Server: '400 UNKNOWN COMMAND\\n'
Client: MSGSTORE
Server: '200 OK\\n'
Client: QUIT
'EXPECTED MOTD, RECEIVED COMMAND\\n'
`;

for (const [how, flags] of [
  ['in one process', []],
  ['with workers', ['--workers', '2']],
  ['that believes a PROXY header', ['--trust-proxy', '127.0.0.1']],
] as const) {
  test(`motd serve --compat original, ${how}, serves the original client`, QUICK, async () => {
    const { port } = await startServer(0, ['--compat', 'original', ...flags]);
    expect(await runOriginalClient(port, COMMANDS)).toEqual({
      status: 0,
      stdout: SERVED,
      stderr: '',
    });
  });
}

test('without the flag, the original client gets status and message at once', async () => {
  const { port } = await startServer();
  const { stdout } = await runOriginalClient(port, ['MSGGET', 'QUIT']);
  expect(stdout).toContain(`Server: '200 OK\\n${APPLE}\\n'\n!! not equal to 200 OK\n`);
});

test('motd serve --compat original serves our own clients', QUICK, async () => {
  const { port } = await startServer(0, ['--compat', 'original']);
  const at = ['127.0.0.1', String(port)];
  expect((await runMotd(['set', '-m', 'a message', ...at])).status).toBe(0);
  expect((await runMotd(['get', ...at])).stdout).toBe('a message\n');
  expect((await runMotd(['history', ...at])).stdout).toMatch(/Z a message\n$/);
  const watch = Program.motd(['watch', ...at]);
  await watch.waitForOutput(/^a message\n$/);
  const client = Program.motd(['connect', ...at]).input('MSGGET\nQUIT\n');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toContain('Server: 200 OK\na message\n');
  await runMotd(['set', '-m', 'another', ...at]);
  await watch.waitForOutput(/^a message\nanother\n$/);
});

test('motd up --compat original serves the original client', async () => {
  const ports = ['--port', '0', '--http-port', '0'];
  const up = Program.motd(['up', ...ports, '--compat', 'original']);
  const [, port] = await up.waitForOutput(/TCP Server is listening on 127\.0\.0\.1:(\d+)\n/);
  await up.waitForOutput(/Open http/);
  const { stdout } = await runOriginalClient(Number(port), COMMANDS);
  expect(stdout).toBe(SERVED);
});

const ORIGINAL_SERVERS: [how: string, options: OriginalServerOptions][] = [
  ['sends no line ends', { lineEnd: 'none', gapS: 0 }],
  ['sends no line ends, and the message later', { lineEnd: 'none', gapS: 0.5 }],
  ['sends line ends', { lineEnd: 'lf', gapS: 0 }],
  ['sends line ends, and the message later', { lineEnd: 'lf', gapS: 0.5 }],
];

for (const [how, options] of ORIGINAL_SERVERS) {
  for (const golden of goldens) {
    const details = options.lineEnd === 'none' && options.gapS === 0 ? QUICK : {};
    test(
      `reproduces case ${golden.name} with an original server that ${how}`,
      details,
      async () => {
        const { port } = await startOriginalServer(options);
        const client = Program.motd(['connect', '--compat', 'original', '127.0.0.1', String(port)]);
        client.input(golden.typed.map((line) => `${line}\n`).join(''));
        expect(await client.exitCode()).toBe(0);
        expect(client.stdout).toBe(golden.isOpen ? `${golden.screen}\n` : golden.screen);
      },
    );
  }
}

test('motd connect --compat original shows a reply that only the original server sends', async () => {
  const { port } = await startOriginalServer({ lineEnd: 'none', gapS: 0 });
  const client = Program.motd(['connect', '--compat', 'original', '127.0.0.1', String(port)]);
  client.input('FOO\nMSGGET\n');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toBe(
    `${PROMPT}FOO\nClient: FOO\nServer: 400 Bad Request\n` +
      '[commands: MSGGET, MSGSTORE, QUIT, SHUTDOWN]\n' +
      `${PROMPT}MSGGET\nClient: MSGGET\nServer: 200 OK\n${APPLE}\n${PROMPT}\n`,
  );
});

test('motd get names the cause if the server sends no line ends', QUICK, async () => {
  const { port } = await startOriginalServer({ lineEnd: 'none', gapS: 0 });
  const { status, stderr } = await runMotd(['get', '--timeout', '2', '127.0.0.1', String(port)]);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /sent 43 bytes and no complete reply; .*; if it is the original server, which sends no line ends, use motd connect --compat original \[no-answer\]\n$/,
  );
});

test('motd connect --compat original takes one server', QUICK, async () => {
  const args = ['connect', '--compat', 'original', '--host', '127.0.0.1:1,127.0.0.1:2'];
  const { status, stderr } = await runMotd(args);
  expect(status).toBe(2);
  expect(stderr).toBe(
    'motd: --compat original is for one server; leave out the others [conflicting-flags]\n',
  );
});

test('the commands of docs/server.md serve the original client and reach its server', async () => {
  const [serve, connect, bridge] = [0, 1, 2].map((index) =>
    codeBlock('docs/server.md', 'The original programs', 'sh', index).trim().split(' ').slice(1),
  );
  const ours = Program.motd([...(serve ?? []), '--port', '0']);
  const [, port] = await ours.waitForOutput(/TCP Server is listening on 127\.0\.0\.1:(\d+)\n/);
  expect((await runOriginalClient(Number(port), COMMANDS)).stdout).toBe(SERVED);

  const theirs = await startOriginalServer({ lineEnd: 'none', gapS: 0 });
  const replaced = (args: string[] = []) =>
    args.map((arg) => arg.replace('26310', String(theirs.port)));
  const client = Program.motd(replaced(connect)).input('MSGGET\nQUIT\n');
  expect(await client.exitCode(), client.stderr).toBe(0);
  expect(client.stdout).toContain(`Server: 200 OK\n${APPLE}\n`);
  const page = Program.motd([...replaced(bridge), '--http-port', '0']);
  const [, origin] = await page.waitForOutput(/listening on (http:\S+)\n/);
  const { headers } = await fetch(`${origin}/`, { redirect: 'manual' });
  expect(headers.get('location')).toBe('?as=original');
});
