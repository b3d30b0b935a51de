// How a client subscribes to the message, and counts what arrives.

import { DIALECTS, type Dialect } from './dialect.ts';

export interface Subscription {
  request: Buffer;
  /**
   * Makes the counter of one connection.
   *
   * @returns A function that returns how many messages have arrived completely with some bytes. The
   *   first is the answer to the request.
   */
  makeCounter(): (bytes: Buffer) => number;
}

const EVENTS_REQUEST =
  'GET /message/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n';

const LF = 0x0a;

export const SUBSCRIPTIONS = {
  motd: byLength(DIALECTS.motd),
  redis: byLength(DIALECTS.redis),
  events: { request: Buffer.from(EVENTS_REQUEST), makeCounter: eventCounter },
};

export type SubscriptionName = keyof typeof SUBSCRIPTIONS;

export function isSubscription(name: string): name is SubscriptionName {
  return Object.hasOwn(SUBSCRIPTIONS, name);
}

function byLength({ watch, updateBytes }: Dialect): Subscription {
  const makeCounter = () => {
    let awaited = watch.replyBytes;
    return (bytes: Buffer) => {
      let count = 0;
      for (awaited -= bytes.length; awaited <= 0; awaited += updateBytes) count += 1;
      return count;
    };
  };
  return { request: watch.request, makeCounter };
}

/** The length of an event varies with its number. It ends with a blank line; a head has CRLFs. */
function eventCounter(): (bytes: Buffer) => number {
  let last = 0;
  return (bytes) => {
    let count = 0;
    for (const byte of bytes) {
      if (byte === LF && last === LF) count += 1;
      last = byte;
    }
    return count;
  };
}
