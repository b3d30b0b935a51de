// Which cluster it is that we speak to. A member of another one would hold another message, and take
// what it is given.

export class ClusterIdMismatchError extends Error {
  override name = 'ClusterIdMismatchError';
}

export class ClusterIdCheck {
  #id: string | undefined;
  #knownFrom = '';

  /**
   * Takes a member for one of the cluster: the first one that is asked says which that is.
   *
   * @param id The cluster's, as etcd says it in each answer.
   * @throws ClusterIdMismatchError where it is another than before.
   */
  check(id: string, address: string): void {
    this.#knownFrom ||= address;
    this.#id ??= id;
    if (id === this.#id) return;
    throw new ClusterIdMismatchError(
      address === this.#knownFrom
        ? `${address} is of another cluster than before; start this server again to take what it holds`
        : `${address} is of another cluster than ${this.#knownFrom}; name the members of one`,
    );
  }
}
