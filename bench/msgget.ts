// Compares the server with an echo server, and a session through the bridge with a direct
// connection.

import { frame, OPCODE } from '../testing/frames.ts';
import { fieldOf } from './fieldOf.ts';
import { framesCounter, type LoadTarget } from './loadTarget.ts';
import { inRounds } from './rounds.ts';
import { measureRoundTrips, type RoundTrips } from './roundTrips.ts';
import { medianRatio } from './spread.ts';
import {
  formatMedian,
  hundredths,
  medianWithRange,
  printHead,
  printRow,
  thousands,
} from './tables.ts';

const REQUEST = Buffer.from('MSGGET\n');
const REPLY_BYTES = '200 OK\nAn apple a day keeps the doctor away.\n'.length;

export const MSGGET = { request: REQUEST, replyBytes: REPLY_BYTES };
/** The echo server gets as many bytes as a reply has, and sends them back. */
const ECHOED = { request: Buffer.alloc(REPLY_BYTES, 'x'), replyBytes: REPLY_BYTES };
const BRIDGED = {
  request: frame({ opcode: OPCODE.binary, payload: REQUEST }),
  replyBytes: REPLY_BYTES,
  makeCounter: framesCounter,
};

type RequestKind = Omit<RoundTrips, 'connections' | 'inFlight'>;

export interface MeasuredSide {
  target: LoadTarget;
  request: RequestKind;
}

/** @param bridge In front of the server. */
export async function compareMsgget(
  server: LoadTarget,
  bridge: LoadTarget,
  echo: LoadTarget,
): Promise<void> {
  const direct = { target: server, request: MSGGET };
  const echoed = { target: echo, request: ECHOED };
  const bridged = { target: bridge, request: BRIDGED };

  printRequestsHead();
  await compareRequests('MSGGET, 50 connections, 1 in flight', direct, 'echo', echoed, 50, 1);
  await compareRequests('MSGGET, 50 connections, 128 in flight', direct, 'echo', echoed, 50, 128);
  await compareRequests('MSGGET through the bridge, 1 connection', bridged, 'direct', direct, 1, 1);
  await compareRequests(
    'MSGGET through the bridge, 50 connections',
    bridged,
    'direct',
    direct,
    50,
    1,
  );
}

/** The header of the rows of `compareRequests`. */
export function printRequestsHead(): void {
  printHead(['', 'requests/s', 'p50 ms', 'p99 ms', 'versus', 'ratio']);
}

/** Prints one row: both under the same load, in turn. */
export async function compareRequests(
  name: string,
  side: MeasuredSide,
  baselineName: string,
  baseline: MeasuredSide,
  connections: number,
  inFlight: number,
): Promise<void> {
  const measure = ({ target, request }: MeasuredSide, seconds: number) =>
    measureRoundTrips(target, { ...request, connections, inFlight }, seconds);
  const { ours, theirs } = await inRounds(
    (seconds) => measure(side, seconds),
    (seconds) => measure(baseline, seconds),
  );
  const rates = fieldOf(ours, 'requestsPerSecond');
  const baselineRates = fieldOf(theirs, 'requestsPerSecond');
  printRow([
    name,
    medianWithRange(rates, thousands),
    formatMedian(fieldOf(ours, 'p50Ms'), hundredths),
    formatMedian(fieldOf(ours, 'p99Ms'), hundredths),
    `${baselineName} ${medianWithRange(baselineRates, thousands)}`,
    hundredths(medianRatio(rates, baselineRates)),
  ]);
}
