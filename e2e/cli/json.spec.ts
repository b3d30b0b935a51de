// `--json` of get, history, plans and watch, and what docs/scripts.md promises about it.

import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';

const PAGE = 'docs/scripts.md';
const APPLE = 'An apple a day keeps the doctor away.';
const MOTD = `motd() { "${process.execPath}" dist/cli/main.js "$@"; }`;

/** Empty if there is none. */
const jq = process.env['MOTD_TEST_JQ'] ?? 'jq';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const INITIAL = { message: APPLE, number: 0, storedAt: null, from: null, until: null };

const addressOf = ({ port }: { port: number }) => ['127.0.0.1', String(port)];

function entriesIn(output: string): unknown[] {
  const lines = output.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

test('watch --json prints each message with its details, across a restart', QUICK, async () => {
  const first = await startServer(0);
  const at = addressOf(first);
  const watch = Program.motd(['watch', '--json', ...at]);
  await watch.waitForOutput(/\n/);
  await runMotd(['set', '-m', 'one', ...at]);
  await watch.waitForOutput(/"one".*\n/);
  await runMotd(['plan', '--until', 'in 2 hours', '-m', 'two', ...at]);
  await watch.waitForOutput(/"two".*\n/);
  await first.program.stop();
  await startServer(first.port, ['--message', 'again']);
  await watch.waitForOutput(/"again".*\n/);
  await watch.stop();
  const stored = { storedAt: TIME, from: null, until: null };
  expect(entriesIn(watch.stdout)).toEqual([
    INITIAL,
    { message: 'one', number: 1, ...stored },
    { message: 'two', number: 2, ...stored, until: TIME },
    { ...INITIAL, message: 'again' },
  ]);
});

test('watch --json prints every message, however fast they change', async ({ server }) => {
  const at = addressOf(server);
  const watch = Program.motd(['watch', '--json', ...at]);
  await watch.waitForOutput(/\n/);
  const messages = Array.from({ length: 20 }, (_, index) => `message ${index + 1}`);
  const input = messages.map((message) => `MSGSTORE\n${message}\n`).join('');
  await Program.motd(['connect', ...at])
    .input(input)
    .exitCode();
  await watch.waitForOutput(/"message 20","number":20.*\n/);
  await watch.stop();
  const numberOf = new Map(messages.map((message, index) => [message, index + 1]));
  const entries = entriesIn(watch.stdout) as { message: string; number: number | null }[];
  expect(entries.map(({ message }) => message)).toEqual([APPLE, ...messages]);
  for (const { message, number } of entries.slice(1)) {
    expect([null, numberOf.get(message)]).toContain(number);
  }
});

test('every command prints the same fields', QUICK, async ({ server }) => {
  const at = addressOf(server);
  await runMotd(['plan', '--until', 'in 2 hours', '-m', 'x', ...at]);
  const entry = {
    message: 'x',
    number: 1,
    storedAt: TIME,
    from: null,
    until: TIME,
  };
  for (const command of ['get', 'history', 'plans']) {
    const { stdout } = await runMotd([command, '--json', ...at]);
    expect(entriesIn(stdout), command).toEqual([entry]);
  }
});

test('watch --json prints the message alone if the server sends no details', async () => {
  const service = await startTcpService((socket) => {
    socket.on('data', (chunk: Buffer) => {
      for (const command of String(chunk).trimEnd().split('\n')) {
        socket.write(command === 'MSGWATCH' ? '200 OK\nold\nnew\n' : '400 UNKNOWN COMMAND\n');
      }
    });
  });
  const watch = Program.motd(['watch', '--json', ...addressOf(service)]);
  await watch.waitForOutput(/"new".*\n/);
  await watch.stop();
  service.close();
  const unknown = { number: null, storedAt: null, from: null, until: null };
  expect(entriesIn(watch.stdout)).toEqual([
    { message: 'old', ...unknown },
    { message: 'new', ...unknown },
  ]);
});

test('an error is the same line with --json', async () => {
  const port = await freePort();
  for (const command of ['get', 'history', 'plans']) {
    const result = await runMotd([command, '--json', '127.0.0.1', String(port)]);
    expect(result, command).toEqual({
      status: 1,
      stdout: '',
      stderr: `motd: 127.0.0.1:${port} refused the connection (ECONNREFUSED); check that the server is running there [connection-refused]\n`,
    });
  }
});

test('the examples with jq print what the guide shows', QUICK, async ({ server }) => {
  test.skip(jq === '', 'no jq on this machine');
  const at = addressOf(server);
  await runMotd(['set', '-m', 'Exam moved to room 4', ...at]);
  await runMotd(['plan', '--until', 'in 2 hours', '-m', 'Maintenance', ...at]);
  const script = replaceParts(codeBlock(PAGE, 'With jq', 'sh'), [
    ['motd.example', at.join(' ')],
    // The pipe of the last one never ends.
    ['watch --json', 'get --json'],
  ]);
  const program = new Program('sh', [
    '-e',
    '-c',
    `${MOTD}\njq() { command '${jq}' "$@"; }\n${script}`,
  ]);
  const { status, stdout, stderr } = await program.result();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')).toBe(
    [
      '2',
      'TIME\t\tExam moved to room 4',
      'TIME\t\tMaintenance',
      '2\tTIME\tMaintenance',
      'Maintenance (since TIME)',
      '',
    ].join('\n'),
  );
});
