// Makes sure that every member belongs to the same etcd cluster. A member of a different cluster
// holds a different message, and would accept our writes.

export class ClusterIdMismatchError extends Error {
  override name = 'ClusterIdMismatchError';
}

/** Shared by all members of one cluster. */
export class ClusterIdCheck {
  /** What the first member that answered has sent. */
  #first: { readonly id: string; readonly address: string } | undefined;

  /**
   * The first member that answers defines the cluster; every later one must match it.
   *
   * @param id The cluster ID in the header of an etcd response.
   * @throws ClusterIdMismatchError
   */
  check(id: string, address: string): void {
    this.#first ??= { id, address };
    if (id === this.#first.id) return;
    throw new ClusterIdMismatchError(
      address === this.#first.address
        ? `${address} belongs to a different etcd cluster than before; restart this server to use what it holds`
        : `${address} belongs to a different etcd cluster than ${this.#first.address}; list the members of one cluster only`,
    );
  }
}
