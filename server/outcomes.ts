// The two actions whose outcome a session awaits: to change the messages, and to check a password.
// Both count and log the outcome; neither throws.

import { errorMessage } from '../access/errorMessage.ts';
import type { PasswordResult } from '../access/passwordResult.pure.ts';
import { sourceOf } from '../access/source.ts';
import { REPLY, type Reply } from '../protocol/replies.ts';
import { formatWindow, hasBegun, maxPlanMs } from '../protocol/time.ts';
import type { ConnectionContext } from './connectionContext.ts';
import type { Peer } from './peer.ts';
import type { PasswordUse } from './session/action.ts';
import type { WriteRequest } from './session/writeRequest.ts';
import { hasWindow, type Window } from './stores/record.ts';
import { CONFLICT } from './stores/store.ts';

/**
 * The most planned messages whose window is not over: no limit of the history drops them. Requests
 * that are checked simultaneously may exceed it by their number.
 */
const MAX_PLANNED = 1000;

/** @returns The reply, once the change is durable, or nothing was changed. */
export async function write(
  request: WriteRequest,
  peer: Peer,
  context: ConnectionContext,
): Promise<Reply> {
  const { storeCounts, log } = context;
  try {
    return await perform(request, peer, context);
  } catch (error) {
    storeCounts.failed++;
    log?.({ event: 'storeFailed', peer, reason: errorMessage(error) });
    return REPLY.storeUnavailable;
  }
}

function perform(
  request: WriteRequest,
  peer: Peer,
  context: ConnectionContext,
): Promise<Reply> | Reply {
  switch (request.is) {
    case 'store':
      return store(request.message, peer, context);
    case 'plan':
      return plan(request, peer, context);
    case 'cancel':
      return cancel(request.number, peer, context);
    case 'replace':
      return replace(request, peer, context);
    default:
      return request satisfies never;
  }
}

async function store(message: string, peer: Peer, context: ConnectionContext): Promise<Reply> {
  const { store, inForce, storeCounts, log } = context;
  await store.append({ message, author: peer.user, storedAtMs: inForce.now() });
  storeCounts.stored++;
  log?.({ event: 'updated', peer, message });
  return REPLY.ok;
}

async function plan(
  { window: requested, message }: WriteRequest & { is: 'plan' },
  peer: Peer,
  { store, inForce, storeCounts, log }: ConnectionContext,
): Promise<Reply> {
  const now = inForce.now();
  const fault = faultOf(requested, now);
  if (fault !== undefined) return fault;
  const window = withoutPastStart(requested, now);
  const isFull = hasWindow(window) && store.history.planned(now).length >= MAX_PLANNED;
  if (isFull) return REPLY.tooManyPlanned;
  const number = await store.append({ message, author: peer.user, storedAtMs: now, ...window });
  storeCounts.stored++;
  if (hasWindow(window)) {
    log?.({ event: 'planned', peer, number, window: formatWindow(window), message });
  } else {
    log?.({ event: 'updated', peer, message });
  }
  return `${REPLY.ok} ${number}`;
}

function faultOf({ fromMs, untilMs }: Window, now: number): Reply | undefined {
  if (untilMs !== undefined && untilMs <= now) return REPLY.inThePast;
  const isTooFar = Math.max(fromMs ?? now, untilMs ?? now) > maxPlanMs(now);
  return isTooFar ? REPLY.tooFarAway : undefined;
}

/** A message whose window has begun already begins now, as any other that is stored. */
function withoutPastStart(window: Window, now: number): Window {
  const { fromMs: _, ...rest } = window;
  return hasBegun(window, now) ? rest : window;
}

async function cancel(
  number: number,
  peer: Peer,
  { store, inForce, storeCounts, log }: ConnectionContext,
): Promise<Reply> {
  const now = inForce.now();
  const entry = store.history.entryAt(number);
  const isOver = entry?.canceledAtMs !== undefined || (entry?.untilMs ?? now + 1) <= now;
  if (entry === undefined || isOver) return REPLY.noSuchMessage;
  const { last } = store.history;
  const stored = await store.append({ cancels: number, author: peer.user, storedAtMs: now });
  storeCounts.stored++;
  // Another one may have been stored since the check: the first takes effect.
  const first = store.history.firstCancellation(number, last) ?? stored;
  if (first !== stored) return REPLY.noSuchMessage;
  log?.({ event: 'canceled', peer, number });
  return REPLY.ok;
}

/** Optimistic: if anything was stored since the check, nothing is stored, and it checks again. */
async function replace(
  { number: expected, message }: WriteRequest & { is: 'replace' },
  peer: Peer,
  { store, inForce, storeCounts, log }: ConnectionContext,
): Promise<Reply> {
  for (;;) {
    const { last } = store.history;
    if ((inForce.entry?.number ?? 0) !== expected) return REPLY.changed;
    const number = await store.append(
      { message, author: peer.user, storedAtMs: inForce.now() },
      last,
    );
    if (number === CONFLICT) continue;
    storeCounts.stored++;
    log?.({ event: 'updated', peer, message });
    return `${REPLY.ok} ${number}`;
  }
}

/** @param password A byte string. */
export async function checkPassword(
  password: string,
  use: PasswordUse,
  peer: Peer,
  { passwords, log }: ConnectionContext,
): Promise<PasswordResult> {
  let result: PasswordResult = 'notChecked';
  try {
    result = await passwords.check(sourceOf(peer.host), use, password);
  } catch (error) {
    log?.({ event: 'passwordCheckFailed', peer, reason: errorMessage(error) });
  }
  if (result !== 'right') log?.({ event: 'passwordRejected', peer });
  return result;
}
