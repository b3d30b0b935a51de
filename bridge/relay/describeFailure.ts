// Why a target could not be reached, or its connection failed, as a sentence that fits into a close
// frame (123 bytes; RFC 6455, section 5.5).

import { type ConnectFailure, failurePredicate } from '../../access/systemErrors.ts';
import type { Target } from './targets.ts';

const HINTS: Partial<Record<ConnectFailure, string>> = {
  refused: ': is it running?',
  socket_not_found: ': is it running?',
};

export function describeFailure(failure: ConnectFailure, { name }: Pick<Target, 'name'>): string {
  return `${name} ${failurePredicate(failure)}${HINTS[failure] ?? ''}`;
}
