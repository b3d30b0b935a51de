// What somebody who was told the message before is to be told by the next server they ask.

/**
 * Yields what is new. The next server may be behind the last one for a moment, where both learn of
 * a message from a store they share: what it says first is then an older message, perhaps one that
 * was never shown, and nothing in it tells its age. So, where it says anything but what is known,
 * it is given a moment to catch up: once it says what is known, all it said until then was older,
 * and is dropped. After that moment it is believed.
 *
 * @param known What was shown last; `undefined` where nothing was.
 * @param messages The message in force, and each later one; they end with an error.
 * @param catchUpMs How long the server may be behind; 0 where it cannot be.
 */
export async function* dropStaleMessages(
  known: string | undefined,
  messages: AsyncIterator<string, never>,
  catchUpMs: number,
): AsyncGenerator<string, never> {
  const { value: inForce } = await messages.next();
  const mayBeBehind = known !== undefined && catchUpMs > 0;
  if (inForce !== known) {
    if (mayBeBehind) yield* news(known, inForce, messages, catchUpMs);
    else yield inForce;
  }
  for (;;) yield (await messages.next()).value;
}

/** More than a server that is behind has to say: of a flood, the newest are held. */
const MAX_HELD = 256;

/** Yields, after the time to catch up, what was no older message; and what came next. */
async function* news(
  known: string,
  inForce: string,
  messages: AsyncIterator<string, never>,
  catchUpMs: number,
): AsyncGenerator<string, void> {
  const held = [inForce];
  let next = messages.next();
  const patience = timer(catchUpMs);
  try {
    for (;;) {
      const heard = await Promise.race([next, patience.over]);
      if (heard === undefined) break;
      if (heard.value === known) return;
      held.push(heard.value);
      if (held.length > MAX_HELD) held.shift();
      next = messages.next();
    }
  } finally {
    patience.cancel();
  }
  // Nobody waits for it until all that was held is taken: its failure then is no crash.
  next.catch(() => {});
  yield* held;
  yield (await next).value;
}

function timer(ms: number): { over: Promise<undefined>; cancel: () => void } {
  let timeout: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timeout = setTimeout(() => resolve(undefined), ms);
  });
  return { over, cancel: () => clearTimeout(timeout) };
}
