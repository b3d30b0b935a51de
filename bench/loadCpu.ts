// The CPU time of the load generator. A generator that needs a whole core measures only itself.

export class LoadCpu {
  readonly #startedAt = performance.now();
  readonly #usage = process.cpuUsage();

  /** The CPU time of this process since the start, as a share of one core. */
  share(): number {
    const { user, system } = process.cpuUsage(this.#usage);
    const elapsedUs = (performance.now() - this.#startedAt) * 1000;
    return (user + system) / elapsedUs;
  }
}
