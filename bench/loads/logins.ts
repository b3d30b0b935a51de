// A load: hosts that people log in to. Each connects, requests the message, and ends the session.
// To open a connection costs Node more than the server, so a program in C does it (storm.c). If there
// is no compiler, this process does, and is the limit.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compile, findCompiler } from '../compile.ts';
import type { Sample } from '../result.ts';
import { closedLoop } from './closedLoop.ts';
import type { Dialect } from './dialect.ts';
import { send, sendLast } from './exchange.ts';
import { type LoadTarget, openSession } from './loadTarget.ts';
import { measureRate } from './rate.ts';

export const CONCURRENT_LOGINS = 100;

export function measureLogins(
  target: LoadTarget,
  dialect: Dialect,
  seconds: number,
): Promise<Sample> {
  return 'missing' in findCompiler()
    ? measureHere(target, dialect, seconds)
    : measureStorm(target, dialect, seconds);
}

async function measureStorm(
  { ports: [port = 0], pids }: LoadTarget,
  { get, quit }: Dialect,
  seconds: number,
): Promise<Sample> {
  const storm = compile('loads/storm.c');
  const args = [port, CONCURRENT_LOGINS, seconds * 1000, get.request, get.replyBytes, quit.request];
  let cpuSeconds = 0;
  const sample = await measureRate(pids, async () => {
    const { stdout } = await promisify(execFile)(storm, args.map(String));
    const [done = 0, used = 0] = stdout.split(' ').map(Number);
    cpuSeconds = used;
    return done;
  });
  return { ...sample, loadShare: cpuSeconds / seconds };
}

function measureHere(target: LoadTarget, { get, quit }: Dialect, seconds: number): Promise<Sample> {
  const logIn = async () => {
    const connection = await openSession(target);
    await send(connection, get);
    await sendLast(connection, quit);
  };
  return measureRate(target.pids, () => closedLoop(CONCURRENT_LOGINS, seconds, logIn));
}
