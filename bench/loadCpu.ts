// What the load itself costs: one that needs a whole core measures itself.

export class LoadCpu {
  readonly #startedAt = performance.now();
  readonly #usage = process.cpuUsage();

  /** This process's CPU time since then, as a share of one core. */
  share(): number {
    const { user, system } = process.cpuUsage(this.#usage);
    const elapsedUs = (performance.now() - this.#startedAt) * 1000;
    return (user + system) / elapsedUs;
  }
}
