// A bridge to an echo target, and a session that continues while a test loads the bridge. Checks
// both at the end.

import { descriptors, peakKb, resetPeak } from '../../testing/procFs.ts';
import { expect, type ListeningProgram } from '../fixtures.ts';
import { startBridgeProgram } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { pidOf } from './rawClient.ts';
import { echo, ScriptedTarget } from './scriptedTarget.ts';

export class BridgeUnderLoad {
  readonly bridge: ListeningProgram;
  readonly target: ScriptedTarget;
  readonly pid: number;
  readonly echoSession: EchoSession;
  readonly #descriptorsAtStart: number;
  readonly #rssAtStartKb: number;

  private constructor(bridge: ListeningProgram, target: ScriptedTarget, echoSession: EchoSession) {
    this.bridge = bridge;
    this.target = target;
    this.echoSession = echoSession;
    this.pid = pidOf(bridge.program);
    this.#descriptorsAtStart = descriptors(this.pid);
    resetPeak(this.pid);
    this.#rssAtStartKb = peakKb(this.pid);
  }

  /** Resolves once the echo session has received its first echo. Needs Linux. */
  static async start(flags: readonly string[] = []): Promise<BridgeUnderLoad> {
    const target = await ScriptedTarget.listen(echo);
    const bridge = await startBridgeProgram({ echo: target.address }, flags);
    return new BridgeUnderLoad(bridge, target, await EchoSession.start(bridge.port, '/ws/echo'));
  }

  /** How many sessions the bridge counts besides the echo session. */
  async sessions(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.bridge.port}/metrics`);
    const count = /^motd_bridge_sessions\{target="echo"\} (\d+)$/m.exec(await response.text());
    return Number(count?.[1]) - 1;
  }

  /**
   * Resolves once the other sessions have left nothing behind: no session, no connection to the
   * target, no descriptor.
   */
  async waitUntilOthersAreGone(): Promise<void> {
    await expect.poll(() => this.sessions()).toBe(0);
    await expect.poll(() => this.target.connections.size).toBe(1);
    // The request for the metrics may still have its connection open.
    await expect
      .poll(() => descriptors(this.pid))
      .toBeLessThanOrEqual(this.#descriptorsAtStart + 1);
  }

  /**
   * Ends the echo session, and checks that every message came back unchanged. The bridge must still
   * run, must have reported no error, and its memory must not have grown by more than `maxMib`.
   *
   * @returns What was observed, for the record.
   */
  async expectHealthy(maxMib: number): Promise<string> {
    const { process, stderr } = this.bridge.program;
    const grownMib = (peakKb(this.pid) - this.#rssAtStartKb) / 1024;
    const exchanged = await this.echoSession.stop();
    expect(process.exitCode).toBeNull();
    expect(process.signalCode).toBeNull();
    expect(stderr).toBe('');
    expect(grownMib).toBeLessThan(maxMib);
    return `RSS grew by at most ${Math.round(grownMib)} MiB; an echo session exchanged ${exchanged} messages, all correct`;
  }
}
