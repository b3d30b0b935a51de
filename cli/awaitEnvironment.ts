// The prepared process of a bridge (preparedBridge.ts).

import { once } from 'node:events';

/** Set for a process that gets the variables of its flags later, over IPC. */
export const PREPARED_VARIABLE = 'MOTD_PREPARED';

/**
 * In a prepared process, waits for the variables of its flags, and adds them to the environment.
 *
 * @param load Loads the command meanwhile.
 */
export async function awaitEnvironment(load: () => Promise<unknown>): Promise<void> {
  if (process.env[PREPARED_VARIABLE] === undefined || !process.connected) return;
  // If the parent ends, nothing keeps this process alive.
  const [[environment]] = await Promise.all([once(process, 'message'), load()]);
  Object.assign(process.env, environment);
}
