// Compares the page in a real Chromium with xterm.js alone, and with ttyd if it is installed.

import type { Browser } from '@playwright/test';
import {
  type EchoMeasured,
  measureEcho,
  measureOpenings,
  type OpeningsMeasured,
  PROMPT,
  startBrowser,
} from './browser.ts';
import { fieldOf } from './fieldOf.ts';
import type { LoadTarget } from './loadTarget.ts';
import { type RunningProgram, startBareTerminal, startTtyd, stop } from './programs.ts';
import { ROUNDS } from './rounds.ts';
import {
  formatMedian,
  medianWithRange,
  printHead,
  printRow,
  ratio,
  tenths,
  whole,
} from './tables.ts';

const LONG_LINE = 3_000;

interface ComparedPages {
  page: LoadTarget;
  bare: LoadTarget;
  /** `undefined` if it is not installed. */
  ttyd: LoadTarget | undefined;
}

interface PageRounds<Measured> {
  page: Measured[];
  bare: Measured[];
  /** Empty if it is not installed. */
  ttyd: Measured[];
}

/**
 * @param page The bridge that serves the page, in front of a message server.
 * @param command The name of ttyd; empty if it is not installed.
 */
export async function comparePages(page: LoadTarget, command: string): Promise<void> {
  const started: RunningProgram[] = [];
  const browser = await startBrowser();
  try {
    const bare = await startBareTerminal(PROMPT);
    started.push(bare);
    const ttyd = command === '' ? undefined : await startTtyd(command, PROMPT);
    if (ttyd !== undefined) started.push(ttyd);
    await compareOpenings(browser, { page, bare, ttyd });
    await compareEchoes(browser, { page, bare, ttyd });
    console.log(`\n(Chromium ${browser.version()})`);
  } finally {
    await browser.close();
    await Promise.all(started.map(stop));
  }
}

async function compareOpenings(browser: Browser, compared: ComparedPages): Promise<void> {
  printHead(['the page', 'ms to a prompt', 'xterm.js alone', 'ratio', 'ttyd', 'ratio']);
  const results = await measureInRounds<OpeningsMeasured>(compared, ({ port }) =>
    measureOpenings(browser, port),
  );
  const rows = [
    ['opened for the first time', fieldsOf(results, 'firstMs')],
    ['opened again', fieldsOf(results, 'againMs')],
  ] as const;
  for (const [name, { page, bare, ttyd }] of rows) {
    printRow([
      name,
      medianWithRange(page, whole),
      medianWithRange(bare, whole),
      ratio(page, bare),
      medianWithRange(ttyd, whole),
      ratio(page, ttyd),
    ]);
  }
}

async function compareEchoes(browser: Browser, compared: ComparedPages): Promise<void> {
  printHead([
    'from key press to echo',
    'p50 ms',
    'p95 ms',
    'xterm.js alone',
    'p95 ms',
    'ratio',
    'ttyd',
    'p95 ms',
    'ratio',
  ]);
  for (const before of [0, LONG_LINE]) {
    const results = await measureInRounds<EchoMeasured>(compared, ({ port }) =>
      measureEcho(browser, port, before),
    );
    const p50 = fieldsOf(results, 'p50Ms');
    const p95 = fieldsOf(results, 'p95Ms');
    printRow([
      before === 0 ? 'on an empty line' : `after ${before} characters`,
      medianWithRange(p50.page, tenths),
      formatMedian(p95.page, tenths),
      medianWithRange(p50.bare, tenths),
      formatMedian(p95.bare, tenths),
      ratio(p50.page, p50.bare),
      medianWithRange(p50.ttyd, tenths),
      formatMedian(p95.ttyd, tenths),
      ratio(p50.page, p50.ttyd),
    ]);
  }
}

/** Measures each in every round, after one measurement that warms up the browser. */
async function measureInRounds<Measured>(
  { page, bare, ttyd }: ComparedPages,
  measure: (target: LoadTarget) => Promise<Measured>,
): Promise<PageRounds<Measured>> {
  const results: PageRounds<Measured> = { page: [], bare: [], ttyd: [] };
  await measure(page);
  for (let round = 0; round < ROUNDS; round++) {
    results.page.push(await measure(page));
    results.bare.push(await measure(bare));
    if (ttyd !== undefined) results.ttyd.push(await measure(ttyd));
  }
  return results;
}

function fieldsOf<Field extends string>(
  results: PageRounds<Record<Field, number>>,
  field: Field,
): PageRounds<number> {
  const { page, bare, ttyd } = results;
  return { page: fieldOf(page, field), bare: fieldOf(bare, field), ttyd: fieldOf(ttyd, field) };
}
