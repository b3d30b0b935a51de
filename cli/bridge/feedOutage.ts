// Logs when the feed cannot read the message of its server, and when it can again. With --workers,
// each worker has a feed of its own, and the primary logs for all of them:
//
//   state       event                                  next state
//   available   a feed fails                           outage; logs feedUnavailable
//   outage      a feed reads, and no other has failed  available; logs feedRecovered

import { errorMessage } from '../../access/errorMessage.ts';
import { describeFailure, targetFailure } from '../../bridge/relay/describeFailure.ts';
import type { LogFormat } from '../options/options.ts';
import { jsonLogger, printLine } from '../output.ts';

/** The outcome of an attempt to read the message. */
export type FeedReport =
  | { target: string; isAvailable: true }
  | { target: string; isAvailable: false; reason: string };

export class FeedOutage {
  readonly #log: (report: FeedReport) => void;
  readonly #failed = new Set<object>();
  #isOutage = false;

  constructor(log: (report: FeedReport) => void) {
    this.#log = log;
  }

  /** @param feed Stands for the process that reports. */
  report(feed: object, report: FeedReport): void {
    if (report.isAvailable) this.#failed.delete(feed);
    else this.#failed.add(feed);
    const isOutage = this.#failed.size > 0;
    if (this.#isOutage === isOutage) return;
    this.#isOutage = isOutage;
    this.#log(report);
  }

  /** The process has ended. That is no proof that the server can be reached. */
  leave(feed: object): void {
    this.#failed.delete(feed);
  }
}

/** @returns What logs a report, for a value of `--log`. */
export function feedLog(format: LogFormat): (report: FeedReport) => void {
  return (report) => {
    const { isAvailable, ...details } = report;
    const event = isAvailable ? 'feedRecovered' : 'feedUnavailable';
    jsonLogger(format)?.info({ event, ...details });
    if (format === 'console') printLine(consoleLine(report));
  };
}

function consoleLine(report: FeedReport): string {
  return report.isAvailable
    ? `Feed recovered: ${report.target} answers again`
    : `[!] Feed unavailable: ${report.reason}`;
}

export function feedFailure(target: string, error: unknown): FeedReport {
  const failure = targetFailure(error);
  const reason =
    failure === 'other'
      ? `${target}: ${errorMessage(error)}`
      : describeFailure(failure, { name: target });
  return { target, isAvailable: false, reason };
}
