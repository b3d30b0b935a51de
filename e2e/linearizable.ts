// Checks the results that clients observed of one register with a history against the guarantees of
// the register. Pure: it takes recorded operations and returns faults as sentences, none if
// everything is correct.
//
// The register is the message in force; a store writes it and adds it to the history. Every message
// is unique, and the history gives the order in which the stores took effect. That makes the check
// simple: to find *some* order that explains what was seen is hard in general (Gibbons and Korach,
// Testing Shared Memories, SIAM J. Comput. 26(4), 1997), but here the order of the stores is known,
// and each read shows which store it has seen. It checks:
//
// - Linearizability (Herlihy and Wing, ACM TOPLAS 12(3), 1990): each operation takes effect at one
//   moment between its beginning and its end, such that the stores are done in the order of the
//   history, and each read finds the newest store. An operation without a reply may have been done
//   at any moment after its beginning, or never.
// - Sequential consistency (Lamport, IEEE Trans. Comput. C-28(9), 1979): the same without the
//   moments: one order explains everything that was seen, and keeps the order of each client's
//   operations.
//
// All times are of one clock (performance.now() of one process).

export interface StoreOperation {
  kind: 'store';
  /** A client, which does one operation at a time. */
  client: string;
  message: string;
  startedAt: number;
  /** Infinity if there was no reply. */
  endedAt: number;
  /**
   * `rejected`: the reply was 503. `unknown`: there was no reply. In both cases the message may
   * have been stored.
   */
  outcome: 'acknowledged' | 'rejected' | 'unknown';
}

export interface ReadOperation {
  kind: 'read';
  client: string;
  message: string;
  startedAt: number;
  endedAt: number;
}

export type Operation = StoreOperation | ReadOperation;

/** The message in force before, and the messages stored since, oldest first. */
export interface Register {
  initial: string;
  history: readonly string[];
}

/**
 * What is wrong with a history by itself: a message twice, one that no client stored, an
 * acknowledged one that is missing.
 */
export function historyFaults({ history }: Register, stores: readonly StoreOperation[]): string[] {
  const sent = new Set(stores.map(({ message }) => message));
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const message of history) {
    if (seen.has(message)) faults.push(`twice in the history: ${message}`);
    else if (!sent.has(message)) faults.push(`in the history, and not stored: ${message}`);
    seen.add(message);
  }
  for (const { message, outcome } of stores)
    if (outcome === 'acknowledged' && !seen.has(message)) faults.push(`lost: ${message}`);
  return faults;
}

/**
 * Why operations are not linearizable with the stores in the order of the history.
 *
 * In that order the operations form groups: a store, then the reads that found it, one group after
 * another. Each operation gets the earliest moment it can have: not before its beginning, and not
 * before the operation that precedes it. Earliest moments leave the most room for what follows, so
 * if an operation would have to be later than its end, no other choice exists. Within a group,
 * reads are ordered by their beginnings, which is never worse: the earliest moment of each is the
 * latest beginning so far.
 */
export function linearizabilityFaults(
  register: Register,
  operations: readonly Operation[],
): string[] {
  const faults: string[] = [];
  const groups = groupsOf(register, operations, faults);
  let now = Number.NEGATIVE_INFINITY;
  let before: Operation | undefined;
  for (const group of groups)
    for (const operation of group) {
      // An operation without a reply may take effect at any later moment.
      const latest = isAnswered(operation) ? operation.endedAt : Number.POSITIVE_INFINITY;
      if (now > latest) faults.push(`${nameOf(operation)} ended before ${nameOf(before)} began`);
      if (operation.startedAt >= now) before = operation;
      now = Math.max(now, operation.startedAt);
    }
  return faults;
}

/**
 * Why operations are not sequentially consistent with the stores in the order of the history. Each
 * client's operations have to move forward through the history: a read to the position of its
 * message, or an equal one; a store to a later position. If they do, one order explains everything:
 * at each position first the store, then the reads that found it, those of a client in their order.
 */
export function sequentialFaults(register: Register, operations: readonly Operation[]): string[] {
  const positions = positionsOf(register);
  const reached = new Map<string, { position: number; operation: Operation }>();
  const faults: string[] = [];
  const inOrder = [...operations].sort((one, other) => one.startedAt - other.startedAt);
  for (const operation of inOrder) {
    const position = positions.get(operation.message);
    if (position === undefined) {
      const isOver = operation.kind === 'read' || operation.outcome === 'acknowledged';
      if (isOver) faults.push(`${nameOf(operation)}: not in the history`);
      continue;
    }
    // Without a reply, a store may have taken effect after its client's next operation.
    if (!isAnswered(operation)) continue;
    const last = reached.get(operation.client);
    const isBehind =
      last && (operation.kind === 'read' ? position < last.position : position <= last.position);
    if (isBehind) faults.push(`${nameOf(operation)}, behind ${nameOf(last.operation)}`);
    else reached.set(operation.client, { position, operation });
  }
  return faults;
}

/**
 * How long the message that a read found had been out of date when the read began: since the first
 * newer message was acknowledged; 0 if there was none. The newer message was in force before it was
 * acknowledged, so the real staleness may be a little longer.
 *
 * @returns The staleness of each read, in order. Reads of a message that is not in the history are
 *   left out.
 */
export function stalenessMs(
  register: Register,
  stores: readonly StoreOperation[],
  reads: readonly ReadOperation[],
): number[] {
  const positions = positionsOf(register);
  const known = new Array<number>(register.history.length + 1).fill(Number.POSITIVE_INFINITY);
  for (const { message, outcome, endedAt } of stores) {
    const position = positions.get(message);
    if (outcome === 'acknowledged' && position !== undefined) known[position] = endedAt;
  }
  // From here on: when that message or any newer one was first acknowledged.
  for (let position = known.length - 2; position >= 0; position--)
    known[position] = Math.min(
      known[position] ?? 0,
      known[position + 1] ?? Number.POSITIVE_INFINITY,
    );
  return reads.flatMap(({ message, startedAt }) => {
    const position = positions.get(message);
    if (position === undefined) return [];
    return [Math.max(0, startedAt - (known[position + 1] ?? Number.POSITIVE_INFINITY))];
  });
}

/** The position of each message: 0 for the initial one, then in the order of the history. */
function positionsOf({ initial, history }: Register): Map<string, number> {
  const positions = new Map([[initial, 0]]);
  for (const [index, message] of history.entries()) positions.set(message, index + 1);
  return positions;
}

/** For each position its store, then the reads that found it, in the order of their beginnings. */
function groupsOf(
  register: Register,
  operations: readonly Operation[],
  faults: string[],
): Operation[][] {
  const positions = positionsOf(register);
  const groups = Array.from({ length: register.history.length + 1 }, (): Operation[] => []);
  for (const operation of operations) {
    const position = positions.get(operation.message);
    if (position !== undefined) groups[position]?.push(operation);
    else if (operation.kind === 'read' || operation.outcome === 'acknowledged')
      faults.push(`${nameOf(operation)}: not in the history`);
  }
  const rank = ({ kind }: Operation) => (kind === 'store' ? 0 : 1);
  for (const group of groups)
    group.sort((one, other) => rank(one) - rank(other) || one.startedAt - other.startedAt);
  return groups;
}

function isAnswered(operation: Operation): boolean {
  return operation.kind === 'read' || operation.outcome === 'acknowledged';
}

function nameOf(operation: Operation | undefined): string {
  return operation === undefined
    ? 'nothing'
    : `${operation.client}'s ${operation.kind} of ${operation.message}`;
}
