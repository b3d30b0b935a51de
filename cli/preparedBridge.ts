// The bridge of `motd up`. Its process is started before its flags are known, because it needs the
// port of the server, and loads its code while the server starts.

import type { ChildProcess } from 'node:child_process';
import { PREPARED_VARIABLE } from './awaitEnvironment.ts';
import { type Environment, startCommand } from './supervisor.ts';

type BridgeState = { is: 'prepared'; process: ChildProcess } | { is: 'used' };

export class PreparedBridge {
  #state: BridgeState;

  constructor() {
    const prepared = startCommand('bridge', { [PREPARED_VARIABLE]: 'yes' });
    // It could not be started; `start` tries again.
    prepared.on('error', () => {});
    this.#state = { is: 'prepared', process: prepared };
  }

  /**
   * Runs the bridge: at first in the prepared process, later in a new one.
   *
   * @param environment The variables of its flags.
   */
  start(environment: Environment): ChildProcess {
    const state = this.#state;
    this.#state = { is: 'used' };
    if (state.is === 'used' || !isRunning(state.process)) {
      return startCommand('bridge', environment);
    }
    state.process.send(environment, () => {});
    return state.process;
  }

  /** Ends the prepared process, if it was not used. */
  cancel(): void {
    if (this.#state.is === 'prepared') this.#state.process.kill();
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}
