// What all connections of a server share.

import type { PasswordChecker } from '../access/passwordGuard.ts';
import type { EncodedReplies } from './encodedReplies.ts';
import type { Log } from './events.ts';
import type { MessageInForce } from './messageInForce.ts';
import type { PasswordUse } from './session/action.ts';
import type { ServedStore } from './stores/store.ts';
import type { Watchers } from './watchers.ts';

/** The programs that the server adapts to. */
export type Compat = 'original';

/** How many changes were stored, or failed to be stored, for peers. */
export interface StoreCounts {
  stored: number;
  failed: number;
}

export interface ConnectionContext {
  store: ServedStore;
  inForce: MessageInForce;
  /** Each connection increments them. */
  storeCounts: StoreCounts;
  replies: EncodedReplies;
  passwords: PasswordChecker<PasswordUse>;
  watchers: Watchers;
  /** How long a peer may neither send nor read, in milliseconds; 0 for no limit. */
  idleTimeoutMs: number;
  /** Whether the peers are original clients (PROTOCOL.md, "The original client"). */
  compat: Compat | undefined;
  /** Stops the whole server. */
  shutDown(): void;
  /** If `undefined`, no event is created. */
  log: Log | undefined;
}
