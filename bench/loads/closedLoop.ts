// A closed-loop load: a fixed number of clients that each repeat the same work.

/**
 * @param work Repeated by each client until the time has passed.
 * @returns How many times the work was done.
 */
export async function closedLoop(
  clients: number,
  seconds: number,
  work: () => Promise<void>,
): Promise<number> {
  const endsAt = performance.now() + seconds * 1000;
  let count = 0;
  const client = async () => {
    while (performance.now() < endsAt) {
      await work();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return count;
}
