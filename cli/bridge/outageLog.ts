// What the operator reads of an outage (outages.ts).

import type { LogFormat } from '../options/options.ts';
import { jsonLogger, printLine } from '../output.ts';
import type { OutageSubject, ReportOutcome } from './outages.ts';

const EVENTS: Readonly<Record<OutageSubject['kind'], { begin: string; end: string }>> = {
  target: { begin: 'targetUnavailable', end: 'targetRecovered' },
  feed: { begin: 'feedUnavailable', end: 'feedRecovered' },
  recording: { begin: 'recordingFailed', end: 'recordingRecovered' },
};

/** @returns What logs the beginning of an outage, with its reason, and its end. */
export function outageLog(format: LogFormat): ReportOutcome {
  return (subject, reason) => {
    const { kind, ...details } = subject;
    const { begin, end } = EVENTS[kind];
    const logger = jsonLogger(format);
    if (reason === null) logger?.info({ event: end, ...details });
    else logger?.warn({ event: begin, ...details, reason });
    if (format !== 'console') return;
    printLine(reason === null ? endLine(subject) : beginLine(subject, reason));
  };
}

function beginLine({ kind }: OutageSubject, reason: string): string {
  switch (kind) {
    case 'target':
      return `[!] Target unavailable: ${reason}`;
    case 'feed':
      return `[!] Feed unavailable: ${reason}`;
    case 'recording':
      return `[!] Sessions are not recorded: ${reason}`;
  }
}

function endLine(subject: OutageSubject): string {
  switch (subject.kind) {
    case 'target':
      return `Target recovered: ${subject.target} is reachable again`;
    case 'feed':
      return `Feed recovered: ${subject.target} answers again`;
    case 'recording':
      return 'Sessions are recorded again.';
  }
}
