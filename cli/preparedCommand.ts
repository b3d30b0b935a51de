// A command whose process is started before all its flags are known, and loads its code meanwhile.
// `motd up` starts its bridge so, which needs the port of the server that is starting.

import type { ChildProcess } from 'node:child_process';
import { PREPARED_VARIABLE } from './awaitEnvironment.ts';
import { type Environment, startCommand } from './supervisor.ts';

export class PreparedCommand {
  readonly #command: string;
  readonly #process: ChildProcess;

  constructor(command: string) {
    this.#command = command;
    this.#process = startCommand(command, { [PREPARED_VARIABLE]: 'yes' });
    // It could not be started; `run` tries again.
    this.#process.on('error', () => {});
  }

  /**
   * Runs the command. Call it once.
   *
   * @param environment The variables of its flags.
   */
  run(environment: Environment): ChildProcess {
    const { pid, exitCode, signalCode } = this.#process;
    const isRunning = pid !== undefined && exitCode === null && signalCode === null;
    if (!isRunning) return startCommand(this.#command, environment);
    this.#process.send(environment, () => {});
    return this.#process;
  }

  /** Ends the process, if the command does not run yet. */
  cancel(): void {
    this.#process.kill();
  }
}
