// The two actions whose outcome a session awaits: to store a message, and to check a password. Both
// count and log the outcome; neither throws.

import type { Endpoint } from '../access/endpoint.ts';
import { errorMessage } from '../access/errorMessage.ts';
import type { PasswordResult } from '../access/passwordResult.pure.ts';
import { sourceOf } from '../access/source.ts';
import type { ConnectionContext } from './connectionContext.ts';
import type { PasswordUse } from './session/action.ts';

/** @returns Whether the message is stored durably. */
export async function storeMessage(
  message: string,
  peer: Endpoint,
  { store, storeCounts, log }: ConnectionContext,
): Promise<boolean> {
  try {
    await store.store(message);
  } catch (error) {
    storeCounts.failed++;
    log?.({ event: 'storeFailed', peer, reason: errorMessage(error) });
    return false;
  }
  storeCounts.stored++;
  log?.({ event: 'updated', peer, message });
  return true;
}

/** @param password A byte string. */
export async function checkPassword(
  password: string,
  use: PasswordUse,
  peer: Endpoint,
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
