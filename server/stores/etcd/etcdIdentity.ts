// Which cluster it is that we speak to. A member of another one would hold another message, and take
// what it is given.

export class ForeignMemberError extends Error {
  override name = 'ForeignMemberError';
}

export class EtcdIdentity {
  #id: string | undefined;
  #knownFrom = '';

  /**
   * Takes a member for one of the cluster: the first one that is asked says which that is.
   *
   * @param id The cluster's, as etcd says it in each answer.
   * @throws ForeignMemberError where it is another than before.
   */
  recognize(id: string, address: string): void {
    this.#knownFrom ||= address;
    this.#id ??= id;
    if (id === this.#id) return;
    throw new ForeignMemberError(
      address === this.#knownFrom
        ? `${address} is of another cluster than before; start this server again to take what it holds`
        : `${address} is of another cluster than ${this.#knownFrom}; name the members of one`,
    );
  }
}
