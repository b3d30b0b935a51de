// The short code at the end of every error and warning of a command: `[port-in-use]`. It is stable:
// scripts compare it, and users search for it. docs/errors.md has a section for each.

import type { StoreShortCode } from '../server/stores/storeOpenError.ts';

/** Texts with one cause and one cure share a code. */
export type ShortCode =
  | UsageShortCode
  | ConnectionShortCode
  | ChangeShortCode
  | ListenShortCode
  | FileShortCode
  | StoreShortCode
  | CopyShortCode
  | OutputShortCode;

/** Wrong usage: the status is 2, and nothing was done. */
type UsageShortCode =
  | 'unknown-command'
  | 'unknown-flag'
  | 'missing-argument'
  | 'extra-argument'
  | 'invalid-value'
  | 'conflicting-flags'
  | 'missing-flag'
  | 'unused-flag'
  | 'not-utf8'
  | 'needs-terminal'
  | 'invalid-time'
  | 'invalid-password'
  | 'wrong-usage';

type ConnectionShortCode =
  | 'connection-refused'
  | 'no-socket'
  | 'unknown-host'
  | 'no-answer'
  | 'unreachable'
  | 'connection-closed'
  | 'not-tls'
  | 'untrusted-certificate'
  | 'invalid-certificate'
  | 'client-certificate'
  | 'tls-failed'
  | 'bridge-login'
  | 'not-a-bridge'
  | 'bridge-rejected'
  | 'not-a-message-server'
  | 'server-rejected'
  | 'no-server';

type ChangeShortCode =
  | 'invalid-message'
  | 'invalid-window'
  | 'wrong-password'
  | 'outcome-unknown'
  | 'store-unavailable'
  | 'old-server'
  | 'no-such-message'
  | 'message-changed'
  | 'too-many-planned';

type ListenShortCode =
  | 'taken-by-npm'
  | 'incomplete-installation'
  | 'system-limit'
  | 'port-in-use'
  | 'port-not-allowed'
  | 'foreign-address'
  | 'socket-path-taken'
  | 'cannot-listen'
  | 'service-manager'
  | 'page-not-built'
  | 'nested-workers';

type FileShortCode =
  | 'file-not-found'
  | 'unreadable-file'
  | 'input-too-large'
  | 'invalid-file'
  | 'invalid-tls-file'
  | 'exposed-secret'
  | 'weak-password'
  | 'recording-folder';

type CopyShortCode = 'nothing-to-copy' | 'other-history' | 'copy-interrupted';

type OutputShortCode = 'output-failed';
