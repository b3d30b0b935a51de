// Several programs that start and end together. If this process is killed, reaper.mjs ends them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const REAPER = 'scripts/reaper.mjs';
/** Longer than a server waits for its peers to read their last replies. */
const END_TIMEOUT_MS = 40_000;
/** How much of a program's log an error shows. */
const LAST_LINES = 3;

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

export class ProcessGroup {
  /** For data and logs; removed at the end. */
  folder;
  isEnding = false;
  /** @type {Map<string, ChildProcess>} */
  #running = new Map();
  #reaper;
  #onExit;

  /**
   * @param {string} prefix The start of the folder's name.
   * @param {(message: string, name: string) => void} onExit Called if a program ends unexpectedly.
   */
  constructor(prefix, onExit) {
    this.folder = mkdtempSync(join(tmpdir(), prefix));
    this.#onExit = onExit;
    // Detached: a signal to our whole process group must not end the reaper.
    this.#reaper = spawn(process.execPath, [REAPER, this.folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#reaper.stdin.on('error', () => {});
    this.#reaper.once('error', (error) => console.error(`reaper: ${error.message}`));
  }

  /**
   * @param {string} name
   * @param {string} command
   * @param {string[]} args
   * @param {'pipe' | 'log'} output Read by the caller, or written to the program's log.
   */
  start(name, command, args, output) {
    if (this.isEnding) throw new Error('the programs are being stopped');
    const out = output === 'log' ? openSync(this.logFileOf(name), 'a') : 'pipe';
    // Detached: Ctrl-C reaches only this process, which then ends the programs in order.
    const child = spawn(command, args, { stdio: ['ignore', out, out], detached: true });
    if (out !== 'pipe') closeSync(out);
    this.#running.set(name, child);
    this.#sendPids();
    child.once('error', (error) => console.error(`${name}: ${error.message}`));
    child.once('close', (status, signal) => {
      this.#running.delete(name);
      this.#sendPids();
      if (this.isEnding) return;
      this.#onExit(`${name} has ended (${signal ?? `status ${status}`})`, name);
    });
    return child;
  }

  /** @param {string} name */
  pidOf(name) {
    return this.#running.get(name)?.pid;
  }

  /** @param {string} name */
  logFileOf(name) {
    return join(this.folder, `${name}.log`);
  }

  /**
   * The last lines of a program's log, each preceded by a line end.
   *
   * @param {string} name
   */
  lastLinesOf(name) {
    const file = this.logFileOf(name);
    if (!existsSync(file)) return '';
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return ['', ...lines.slice(-LAST_LINES)].join('\n');
  }

  /**
   * Ends all programs and removes the folder.
   *
   * @param {(name: string) => number} stageOf Stages end in the order 0, 1, 2.
   * @param {(name: string) => NodeJS.Signals[]} signalsOf The signals that end a program.
   */
  async end(stageOf, signalsOf) {
    this.isEnding = true;
    for (const stage of [0, 1, 2]) {
      const programs = [...this.#running].filter(([name]) => stageOf(name) === stage);
      await Promise.all(programs.map(([name, child]) => endProgram(child, signalsOf(name))));
    }
    const reaperClosed = once(this.#reaper, 'close');
    this.#reaper.stdin.end();
    if (this.#reaper.exitCode === null && this.#reaper.signalCode === null) await reaperClosed;
    rmSync(this.folder, { recursive: true, force: true });
  }

  killAll() {
    for (const child of this.#running.values()) child.kill('SIGKILL');
  }

  #sendPids() {
    const pids = [...this.#running.values()].map(({ pid }) => pid ?? '');
    this.#reaper.stdin.write(`${pids.join(' ')}\n`);
  }
}

/**
 * @param {ChildProcess} child
 * @param {NodeJS.Signals[]} signals
 */
async function endProgram(child, signals) {
  const closed = once(child, 'close');
  for (const signal of signals) child.kill(signal);
  const timer = setTimeout(() => void child.kill('SIGKILL'), END_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}
