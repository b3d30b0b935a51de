// Compares the page in a real Chromium with xterm.js alone, and with ttyd if it is installed.

import type { Browser } from '@playwright/test';
import {
  type EchoMeasured,
  measureEcho,
  measureVisits,
  PROMPT,
  startBrowser,
  type VisitsMeasured,
} from './browser.ts';
import { fieldOf } from './fieldOf.ts';
import type { LoadTarget } from './loadTarget.ts';
import { type Running, startBareTerminal, startTtyd, stop } from './programs.ts';
import { ROUNDS } from './rounds.ts';
import { inBrackets, median, printHead, printRow, ratio, tenths, whole } from './tables.ts';

const LONG_LINE = 3_000;

interface Pages {
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
  const started: Running[] = [];
  const browser = await startBrowser();
  try {
    const bare = await startBareTerminal(PROMPT);
    started.push(bare);
    const ttyd = command === '' ? undefined : await startTtyd(command, PROMPT);
    if (ttyd !== undefined) started.push(ttyd);
    await compareVisits(browser, { page, bare, ttyd });
    await compareEchoes(browser, { page, bare, ttyd });
    console.log(`\n(Chromium ${browser.version()})`);
  } finally {
    await browser.close();
    await Promise.all(started.map(stop));
  }
}

async function compareVisits(browser: Browser, compared: Pages): Promise<void> {
  printHead(['the page', 'ms to a prompt', 'xterm.js alone', 'ratio', 'ttyd', 'ratio']);
  const found = await inTurn<VisitsMeasured>(compared, ({ port }) => measureVisits(browser, port));
  const rows = [
    ['opened for the first time', figures(found, 'firstMs')],
    ['opened again', figures(found, 'againMs')],
  ] as const;
  for (const [name, { page, bare, ttyd }] of rows) {
    printRow([
      name,
      inBrackets(page, whole),
      inBrackets(bare, whole),
      ratio(page, bare),
      inBrackets(ttyd, whole),
      ratio(page, ttyd),
    ]);
  }
}

async function compareEchoes(browser: Browser, compared: Pages): Promise<void> {
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
    const found = await inTurn<EchoMeasured>(compared, ({ port }) =>
      measureEcho(browser, port, before),
    );
    const p50 = figures(found, 'p50Ms');
    const p95 = figures(found, 'p95Ms');
    printRow([
      before === 0 ? 'on an empty line' : `after ${before} characters`,
      inBrackets(p50.page, tenths),
      median(p95.page, tenths),
      inBrackets(p50.bare, tenths),
      median(p95.bare, tenths),
      ratio(p50.page, p50.bare),
      inBrackets(p50.ttyd, tenths),
      median(p95.ttyd, tenths),
      ratio(p50.page, p50.ttyd),
    ]);
  }
}

/** Measures each in every round, after one measurement that warms up the browser. */
async function inTurn<Measured>(
  { page, bare, ttyd }: Pages,
  measure: (endpoint: LoadTarget) => Promise<Measured>,
): Promise<PageRounds<Measured>> {
  const found: PageRounds<Measured> = { page: [], bare: [], ttyd: [] };
  await measure(page);
  for (let round = 0; round < ROUNDS; round++) {
    found.page.push(await measure(page));
    found.bare.push(await measure(bare));
    if (ttyd !== undefined) found.ttyd.push(await measure(ttyd));
  }
  return found;
}

function figures<Figure extends string>(
  found: PageRounds<Record<Figure, number>>,
  figure: Figure,
): PageRounds<number> {
  const { page, bare, ttyd } = found;
  return { page: fieldOf(page, figure), bare: fieldOf(bare, figure), ttyd: fieldOf(ttyd, figure) };
}
