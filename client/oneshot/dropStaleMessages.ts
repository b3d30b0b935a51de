// Continues a watch on another server without repeating a message, or going back to an older one.
//
// Servers that share a store learn of a message at slightly different times, so the next server may
// be behind the last one for a moment. Its first message is then an older one, perhaps one that was
// never shown, and it does not contain its age. If it differs from the last message shown, the
// server therefore gets a moment to catch up. If it sends the last message shown within that time,
// everything before was older, and is dropped; otherwise everything it sent is new.

export interface Watched<Message> {
  /** The message in force, then each later one. It ends with an error. */
  messages: AsyncIterator<Message, never>;
  isSame: (one: Message, other: Message) => boolean;
}

/**
 * @param lastShown The last message shown; `undefined` if none was.
 * @param catchUpMs The time that the server gets to catch up; 0 if it cannot be behind.
 * @returns The messages that are new.
 */
export async function* dropStaleMessages<Message>(
  lastShown: Message | undefined,
  watched: Watched<Message>,
  catchUpMs: number,
): AsyncGenerator<Message, never> {
  const { messages, isSame } = watched;
  const { value: inForce } = await messages.next();
  if (lastShown === undefined) yield inForce;
  else if (!isSame(inForce, lastShown)) {
    if (catchUpMs > 0) yield* afterCatchUp(lastShown, inForce, watched, catchUpMs);
    else yield inForce;
  }
  for (;;) yield (await messages.next()).value;
}

/**
 * The maximum number of buffered messages: more than a server that is behind has to send. On
 * overflow, the oldest are dropped.
 */
const MAX_BUFFERED = 256;

/**
 * Yields nothing if the server turns out to be behind; otherwise yields the buffered messages when
 * the time has passed.
 */
async function* afterCatchUp<Message>(
  lastShown: Message,
  inForce: Message,
  { messages, isSame }: Watched<Message>,
  catchUpMs: number,
): AsyncGenerator<Message, void> {
  const buffered = [inForce];
  let next = messages.next();
  const timer = startTimer(catchUpMs);
  try {
    for (;;) {
      const result = await Promise.race([next, timer.over]);
      if (result === undefined) break;
      if (isSame(result.value, lastShown)) return;
      buffered.push(result.value);
      if (buffered.length > MAX_BUFFERED) buffered.shift();
      next = messages.next();
    }
  } finally {
    timer.cancel();
  }
  // Awaited only after the buffered messages are consumed: an early rejection must not crash the
  // process.
  next.catch(() => {});
  yield* buffered;
  yield (await next).value;
}

function startTimer(ms: number): { over: Promise<undefined>; cancel: () => void } {
  let timeout: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timeout = setTimeout(() => resolve(undefined), ms);
  });
  return { over, cancel: () => clearTimeout(timeout) };
}
