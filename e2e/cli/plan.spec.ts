// `motd plan`, `plans` and `cancel`, and the flags of `get`, `set` and `history` that belong to them.

import { writeFileSync } from 'node:fs';
import { freePort } from '../../testing/freePort.ts';
import { passwordHash } from '../../testing/passwordHash.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';

/** A year in which every date of the tests is to come, and less than ten years away. */
const YEAR = new Date().getUTCFullYear() + 2;

const quiet = { status: 0, stderr: '' };

const cleanUps: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** Runs the command in Berlin. */
function motd(args: readonly string[], input?: string, env: Record<string, string> = {}) {
  return runMotd([...args], input, { TZ: 'Europe/Berlin', ...env });
}

const addressOf = ({ port }: { port: number }) => ['127.0.0.1', String(port)];

function failed(error: string | RegExp, status = 1) {
  return { status, stdout: '', stderr: expect.stringMatching(error) };
}

/** A server that knows the commands of the original, and MSGHIST, only. @returns Its address. */
async function olderServer(): Promise<string[]> {
  const service = await startTcpService((socket) => {
    socket.on('data', (chunk: Buffer) => {
      for (const command of String(chunk).trimEnd().split('\n')) {
        if (command === 'MSGHIST') socket.write('200 OK\n2026-11-22T17:00:00Z old\n.\n');
        else socket.write('400 UNKNOWN COMMAND\n');
      }
    });
  });
  cleanUps.push(() => service.close());
  return ['127.0.0.1', String(service.port)];
}

/** A Friday without a change of the clocks, and its day as `motd plan` shows it. */
const [FRIDAY, SHOWN_FRIDAY] = (() => {
  const day = new Date(Date.UTC(YEAR, 10, 1));
  day.setUTCDate(1 + ((12 - day.getUTCDay()) % 7));
  return [day.toISOString().slice(0, 10), `Fri ${day.getUTCDate()} Nov ${YEAR}`];
})();

/** The last Sunday of a month, on which Europe changes its clocks. */
function lastSundayOf(month: number): string {
  const last = new Date(Date.UTC(YEAR, month, 0));
  last.setUTCDate(last.getUTCDate() - last.getUTCDay());
  return last.toISOString().slice(0, 10);
}

test(
  'plan prints what was understood, then the number; plans lists it; cancel ends it',
  QUICK,
  async ({ server }) => {
    const at = addressOf(server);
    const window = ['--from', `${FRIDAY} 18:00`, '--until', '20:00'];
    expect(await motd(['plan', ...window, '-m', 'Maintenance', ...at])).toEqual({
      status: 0,
      stdout: '1\n',
      stderr: `${SHOWN_FRIDAY} 18:00–20:00 CET\n`,
    });
    expect(await motd(['plan', '--until', '20:00', ...at], 'from a pipe\n')).toEqual({
      status: 0,
      stdout: '2\n',
      stderr: expect.stringMatching(/^until \w{3} \d+ \w+ \d{4} 20:00 CES?T\n$/),
    });

    const { stdout, ...rest } = await motd(['plans', ...at]);
    expect(rest).toEqual(quiet);
    expect(stdout.split('\n')).toEqual([
      `1 ${SHOWN_FRIDAY} 18:00–20:00 CET: Maintenance`,
      expect.stringMatching(/^2 until .* 20:00 CES?T: from a pipe$/),
      '',
    ]);
    expect((await motd(['get', ...at])).stdout).toBe('from a pipe\n');
    // What is to come is not history.
    expect((await motd(['history', ...at])).stdout).toMatch(/^\S+Z from a pipe\n$/);

    expect(await motd(['cancel', '1', ...at])).toEqual({ ...quiet, stdout: '' });
    expect(await motd(['cancel', '2', ...at])).toEqual({ ...quiet, stdout: '' });
    expect(await motd(['plans', ...at])).toEqual({ ...quiet, stdout: '' });
    expect((await motd(['get', ...at])).stdout).toBe(`${APPLE}\n`);
    expect(await motd(['cancel', '2', ...at])).toEqual(
      failed(
        /404 NO SUCH MESSAGE; motd plans prints the numbers of those that are not over \[no-such-message\]\n$/,
      ),
    );
  },
);

test('a planned message appears and goes away by itself', async ({ server }) => {
  const at = addressOf(server);
  const watch = Program.motd(['watch', ...at]);
  await watch.waitForOutput(/^An apple .*\n$/);
  const window = ['--from', 'in 4 seconds', '--until', 'in 10 seconds'];
  expect((await motd(['plan', ...window, '-m', 'Maintenance', ...at])).status).toBe(0);
  await watch.waitForOutput(/\nMaintenance\n$/);
  expect((await motd(['get', ...at])).stdout).toBe('Maintenance\n');
  await watch.waitForOutput(/\nMaintenance\nAn apple .*\n$/);
  expect((await motd(['get', '--no-default', ...at])).stdout).toBe('');
  expect((await motd(['history', ...at])).stdout).toMatch(/^\S+Z Maintenance\n$/);
  await watch.stop();
});

test.describe('around daylight saving time', () => {
  const [forward, back] = [lastSundayOf(3), lastSundayOf(10)];

  for (const [what, from, error] of [
    ['a time that the clocks skip', `${forward} 02:30`, / 02:30 does not exist: the clocks are/],
    [
      'a time that comes twice',
      `${back} 02:30`,
      / 02:30 comes twice: .*; add \+02:00 or \+01:00 \[invalid-time\]\n$/,
    ],
  ] as const) {
    test(`plan rejects ${what}`, QUICK, async ({ server }) => {
      const at = addressOf(server);
      expect(await motd(['plan', '--from', from, '-m', 'x', ...at])).toEqual(failed(error, 2));
      expect(await motd(['plans', ...at])).toEqual({ ...quiet, stdout: '' });
    });
  }

  for (const [offset, hour] of [
    ['+02:00', '00'],
    ['+01:00', '01'],
  ] as const) {
    test(`plan accepts a time that comes twice with ${offset}`, async ({ server }) => {
      const at = addressOf(server);
      await motd(['plan', '--from', `${back} 02:30 ${offset}`, '-m', 'x', ...at]);
      const { stdout } = await motd(['plans', '--json', ...at]);
      expect(JSON.parse(stdout)).toMatchObject({ from: `${back}T${hour}:30:00Z` });
    });
  }
});

for (const [what, args, error, code] of [
  ['no time', [], 'the time is missing; pass --from, --until, or both', 'missing-flag'],
  [
    'a text that is not a time',
    ['--from', 'soon'],
    "--from 'soon': not a time; write .*",
    'invalid-time',
  ],
  [
    'a text that is not only a time',
    ['--until', `${FRIDAY} 18:00 sharp`],
    `--until '.*': only '${FRIDAY} 18:00' was understood, ${SHOWN_FRIDAY} 18:00 CET; write .*`,
    'invalid-time',
  ],
  [
    'a window that ends before it begins',
    ['--from', `${FRIDAY} 18:00`, '--until', `${FRIDAY} 8:00`],
    `--until is not after --from: ${SHOWN_FRIDAY} 08:00 CET, ${SHOWN_FRIDAY} 18:00 CET; write .*`,
    'invalid-window',
  ],
  [
    'a window that is over',
    ['--until', '2020-01-02 3:00'],
    '--until is in the past: Thu 2 Jan .*',
    'invalid-window',
  ],
  [
    'a typing error',
    ['--from', '3026-01-02 3:00'],
    '--from is over 10 years away: .* 3026 .*',
    'invalid-window',
  ],
] as const) {
  test(`plan rejects ${what} in one line, with status 2, and sends nothing`, async () => {
    const to = ['127.0.0.1', String(await freePort())];
    const line = new RegExp(`^motd: ${error} \\[${code}\\]\n$`);
    expect(await motd(['plan', ...args, '-m', 'x', ...to])).toEqual(failed(line, 2));
  });
}

test('plan and cancel send the store password', async () => {
  const file = test.info().outputPath('store.hash');
  writeFileSync(file, passwordHash('secret'), { mode: 0o600 });
  const at = addressOf(await startServer(0, ['--store-password-file', file]));
  const password = { MOTD_STORE_PASSWORD: 'secret' };
  const plan = ['plan', '--until', '20:00', '-m', 'x', ...at];
  expect(await motd(plan)).toEqual(
    failed(/300 PASSWORD REQUIRED; set MOTD_STORE_PASSWORD \[wrong-password\]\n$/),
  );
  expect((await motd(plan, '', password)).stdout).toBe('1\n');
  expect((await motd(['set', '--if-number', '1', '-m', 'y', ...at], '', password)).status).toBe(0);
  expect((await motd(['cancel', '1', ...at], '', password)).status).toBe(0);
  expect((await motd(['cancel', '2', ...at], '', { MOTD_STORE_PASSWORD: 'guess' })).stderr).toMatch(
    /301 WRONG PASSWORD; check MOTD_STORE_PASSWORD \[wrong-password\]\n$/,
  );
});

test('plan, plans and cancel work through a bridge, and ask the next server if one is down', async ({
  server,
  bridge,
}) => {
  const down = await freePort();
  for (const to of [
    ['--url', `ws://127.0.0.1:${down}/ws,ws://127.0.0.1:${bridge.port}/ws`],
    ['--host', `127.0.0.1:${down},127.0.0.1:${server.port}`],
  ]) {
    const { stdout } = await motd(['plan', '--until', '20:00', '-m', 'x', ...to]);
    const number = stdout.trimEnd();
    expect(number).toMatch(/^\d+$/);
    expect((await motd(['plans', ...to])).stdout).toMatch(new RegExp(`^${number} until .*: x\n$`));
    expect(await motd(['cancel', number, ...to])).toEqual({ ...quiet, stdout: '' });
    expect(await motd(['plans', ...to])).toEqual({ ...quiet, stdout: '' });
  }
});

test(
  'set --if-number changes nothing if another message is in force',
  QUICK,
  async ({ server }) => {
    const at = addressOf(server);
    const set = (number: number, message: string) =>
      motd(['set', '--if-number', String(number), '-m', message, ...at]);
    expect(await set(0, 'one')).toEqual({ ...quiet, stdout: '' });
    expect(await set(0, 'two')).toEqual(
      failed(
        /409 CHANGED; another message is in force by now: look at it with motd get --json, then pass its number \[message-changed\]\n$/,
      ),
    );
    expect(JSON.parse((await motd(['get', '--json', ...at])).stdout)).toMatchObject({
      number: 1,
      message: 'one',
    });
    expect(await set(1, 'two')).toEqual({ ...quiet, stdout: '' });
    expect((await motd(['get', ...at])).stdout).toBe('two\n');
  },
);

for (const [command, flags, room] of [
  ['plan', ['--until', `${FRIDAY} 18:00`], 4096 - `/${FRIDAY}T17:00:00Z `.length],
  ['set', ['--if-number', '0'], 4096 - '0 '.length],
] as const) {
  test(`${command} takes a message that fills the line, and reports how much fits`, async ({
    server,
  }) => {
    const at = addressOf(server);
    const send = (bytes: number) => motd([command, ...flags, ...at], 'x'.repeat(bytes));
    expect(await send(room + 1)).toEqual(
      failed(
        `motd: the message has ${room + 1} bytes, and the \\w+ leaves ${room} bytes of the line for it; shorten it \\[invalid-message\\]\n$`,
        2,
      ),
    );
    expect((await send(room)).status).toBe(0);
    expect((await motd(['get', ...at])).stdout).toBe(`${'x'.repeat(room)}\n`);
  });
}

test('get --json and history --json give the details', QUICK, async ({ server }) => {
  const at = addressOf(server);
  const get = async () => JSON.parse((await motd(['get', '--json', ...at])).stdout);
  const unknown = { storedAt: null, from: null, until: null };
  expect(await get()).toEqual({ number: 0, message: APPLE, ...unknown });
  expect(await motd(['get', '--json', '--no-default', ...at])).toEqual({ ...quiet, stdout: '' });

  await motd(['plan', '--from', `${FRIDAY} 18:00`, '-m', 'to come', ...at]);
  await motd(['plan', '--from', `${FRIDAY} 18:00`, '-m', 'never', ...at]);
  await motd(['cancel', '2', ...at]);
  await motd(['plan', '--until', `${FRIDAY} 18:00`, '-m', 'Maintenance', ...at]);
  const inForce = {
    number: 4,
    message: 'Maintenance',
    storedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    from: null,
    until: `${FRIDAY}T17:00:00Z`,
  };
  expect(await get()).toEqual(inForce);
  expect((await motd(['get', '--no-default', ...at])).stdout).toBe('Maintenance\n');
  const { stdout } = await motd(['history', '--json', ...at]);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([inForce]);
});

test('history --json prints what has begun by the clock of the server', async ({ server }) => {
  const at = addressOf(server);
  await motd(['plan', '--until', '20:00', '-m', 'begun', ...at]);
  await motd(['plan', '--from', `${FRIDAY} 18:00`, '-m', 'to come', ...at]);
  const script = 'const{now}=Date;Date.now=()=>now()+1e12';
  const ahead = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
  const { status, stdout } = await motd(['history', '--json', ...at], '', ahead);
  expect([status, stdout.match(/"message":"[^"]*"/g)]).toEqual([0, ['"message":"begun"']]);
});

test('names the commands that an older server does not know', async () => {
  const at = await olderServer();
  for (const args of [
    ['plan', '--until', '20:00', '-m', 'x'],
    ['plans'],
    ['cancel', '1'],
    ['set', '--if-number', '1', '-m', 'x'],
    ['get', '--no-default'],
    ['get', '--json'],
  ]) {
    const error =
      /the server replied: 400 UNKNOWN COMMAND; it is of an earlier version: update it \[old-server\]\n$/;
    expect(await motd([...args, ...at]), args.join(' ')).toEqual(failed(error));
  }
  expect(JSON.parse((await motd(['history', '--json', ...at])).stdout)).toEqual({
    number: null,
    message: 'old',
    storedAt: '2026-11-22T17:00:00Z',
    from: null,
    until: null,
  });
});

for (const [args, reply, error, code] of [
  [
    ['plan', '--until', '20:00', '-m', 'x'],
    '',
    'the message was sent, .*: it may or may not be planned; check with motd plans',
    'outcome-unknown',
  ],
  [
    ['cancel', '1'],
    '',
    'its number was sent, .*: it may or may not be canceled; check with motd plans',
    'outcome-unknown',
  ],
  [
    ['cancel', '1'],
    '503 STORE UNAVAILABLE\n',
    '.*503 STORE UNAVAILABLE; nothing is changed, but .*: check with motd plans .*',
    'store-unavailable',
  ],
  [
    ['plan', '--until', '20:00', '-m', 'x'],
    '424 BAD TIME: IN THE PAST\n',
    '.*IN THE PAST; compare the clocks of this machine and the server',
    'invalid-window',
  ],
] as const) {
  test(`${args[0]} names what to check after the reply ${JSON.stringify(reply)}`, async () => {
    const service = await startTcpService((socket) => {
      socket.once('data', () => {
        socket.write('200 OK\n');
        socket.once('data', () => socket.end(reply));
      });
    });
    cleanUps.push(() => service.close());
    expect(await motd([...args, '127.0.0.1', String(service.port)])).toEqual(
      failed(new RegExp(`motd: [\\d.:]+: ${error} \\[${code}\\]\n$`)),
    );
  });
}

test('plan asks no other server after 503: the message might be planned twice', async ({
  server,
}) => {
  const service = await startTcpService((socket) => {
    socket.once('data', () => {
      socket.write('200 OK\n');
      socket.once('data', () => socket.end('503 STORE UNAVAILABLE\n'));
    });
  });
  cleanUps.push(() => service.close());
  const servers = `127.0.0.1:${service.port},127.0.0.1:${server.port}`;
  const { status, stderr } = await motd(['plan', '--until', '20:00', '-m', 'x', servers]);
  expect([status, stderr]).toEqual([1, expect.stringMatching(/503 STORE UNAVAILABLE/)]);
  const plans = await motd(['plans', '127.0.0.1', String(server.port)]);
  expect(plans).toMatchObject({ status: 0, stdout: '' });
});

test('connect has a prompt for the line that each command awaits', QUICK, async ({ server }) => {
  const client = Program.motd(['connect', ...addressOf(server)]);
  const typed = [
    'MSGPLAN',
    '/2020-01-02T03:04Z x',
    'MSGREPLACE',
    '0 new',
    'MSGCANCEL',
    '1',
    'MSGINFO',
  ];
  client.input(`${typed.join('\n')}\nMSGPLANS\nQUIT\n`);
  expect(await client.exitCode()).toBe(0);
  const prompt = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';
  // The example's day is tomorrow.
  const shown = client.stdout.replace(/(?<=example: )\S+/, 'FROM/UNTIL');
  expect(shown).toBe(`${prompt}MSGPLAN
Client: MSGPLAN
Server: 200 OK
Enter from, until and message: /2020-01-02T03:04Z x
Client: /2020-01-02T03:04Z x
Server: 424 BAD TIME: IN THE PAST
[for example: FROM/UNTIL Maintenance]
${prompt}MSGREPLACE
Client: MSGREPLACE
Server: 200 OK
Enter number and new message of the day: 0 new
Client: 0 new
Server: 200 OK 1
${prompt}MSGCANCEL
Client: MSGCANCEL
Server: 200 OK
Enter number of the message to cancel: 1
Client: 1
Server: 200 OK
${prompt}MSGINFO
Client: MSGINFO
Server: 200 OK
0 - / - ${APPLE}
${prompt}MSGPLANS
Client: MSGPLANS
Server: 200 OK
${prompt}QUIT
Client: QUIT
Server: 200 OK
`);
});
