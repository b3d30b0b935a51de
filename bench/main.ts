// `npm run bench`: every row and its yardstick in turn, again and again, so that both see the same
// machine. What counts is the ratio: the machine is shared, and noisy.

import { cpus } from 'node:os';
import { type Load, type Measured, measure } from './load.ts';
import { start, stop } from './programs.ts';
import { frameBytes, maskedFrame, upgrade } from './webSocketLoad.ts';

const ROUNDS = 5;
const SECONDS = 2;

const REQUEST = 'MSGGET\n';
const REPLY_BYTES = '200 OK\nAn apple a day keeps the doctor away.\n'.length;
// As `motd up` starts it (cli/up.ts).
const BRIDGE_NODE_FLAGS = ['--single-threaded-gc', '--max-semi-space-size=128'];

const server = await start('cli/main.js', [
  'serve',
  '--port',
  '0',
  '--store',
  'memory:',
  '--log',
  'silent',
]);
const bridge = await start(
  'cli/main.js',
  [
    'bridge',
    '--target',
    `motd=127.0.0.1:${server.port}+proxy`,
    '--http-port',
    '0',
    '--log',
    'silent',
  ],
  BRIDGE_NODE_FLAGS,
);
const echo = await start('bench/echo.js', []);

const msgget = { port: server.port, request: Buffer.from(REQUEST), replyBytes: REPLY_BYTES };
// The yardstick is asked for as many bytes as a reply has, and sends them back.
const echoed = {
  port: echo.port,
  request: Buffer.alloc(REPLY_BYTES, 'x'),
  replyBytes: REPLY_BYTES,
};
const bridged = {
  port: bridge.port,
  request: maskedFrame(REQUEST),
  replyBytes: frameBytes(REPLY_BYTES),
  open: upgrade,
};

const ROWS: { name: string; load: Load; yardstick: Load; yardstickName: string }[] = [
  row('MSGGET, 50 connections, 1 in flight', msgget, echoed, 'echo', 50, 1),
  row('MSGGET, 50 connections, 128 in flight', msgget, echoed, 'echo', 50, 128),
  row('MSGGET through the bridge, 1 connection', bridged, msgget, 'direct', 1, 1),
  row('MSGGET through the bridge, 50 connections', bridged, msgget, 'direct', 50, 1),
];

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores, ${ROUNDS} rounds of ${SECONDS} s: median (least to most)\n`,
);
console.log('| | requests/s | p50 ms | p99 ms | beside | ratio |');
console.log('| --- | --- | --- | --- | --- | --- |');
try {
  for (const { name, load, yardstick, yardstickName } of ROWS) {
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    await measure(load, SECONDS / 2);
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await measure(load, SECONDS));
      theirs.push(await measure(yardstick, SECONDS));
    }
    const rate = figures(ours, 'requestsPerSecond');
    const beside = figures(theirs, 'requestsPerSecond');
    const ratios = ours.map(
      (own, round) => own.requestsPerSecond / (theirs[round]?.requestsPerSecond ?? Number.NaN),
    );
    console.log(
      `| ${name} | ${rates(rate)} | ${figures(ours, 'p50Ms').median.toFixed(2)} | ${figures(ours, 'p99Ms').median.toFixed(2)} ` +
        `| ${yardstickName} ${rates(beside)} | ${spread(ratios).median.toFixed(2)} |`,
    );
  }
} finally {
  await Promise.all([stop(bridge), stop(server), stop(echo)]);
}

type Kind = Omit<Load, 'connections' | 'inFlight'>;

function row(
  name: string,
  kind: Kind,
  yardstickKind: Kind,
  yardstickName: string,
  connections: number,
  inFlight: number,
) {
  const load = { ...kind, connections, inFlight };
  const yardstick = { ...yardstickKind, connections, inFlight };
  return { name, load, yardstick, yardstickName };
}

interface Spread {
  median: number;
  least: number;
  most: number;
}

function figures(measured: Measured[], figure: keyof Measured): Spread {
  return spread(measured.map((one) => one[figure]));
}

function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: at(Math.floor(sorted.length / 2)),
    least: at(0),
    most: at(sorted.length - 1),
  };
}

function rates({ median, least, most }: Spread): string {
  return `${thousands(median)} (${thousands(least)} to ${thousands(most)})`;
}

function thousands(rate: number): string {
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M` : `${(rate / 1e3).toFixed(1)} k`;
}
