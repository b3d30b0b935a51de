// The page in a real Chromium: until the user can type, until a typed character is shown, and what
// is loaded for it.

import type { Browser } from '@playwright/test';
import type { Contestant } from '../contestant.ts';
import { bareTerminal, ourPage, ttyd } from '../contestants/pages.ts';
import type { LoadTarget } from '../loads/loadTarget.ts';
import { measureEcho, measureOpenings, startBrowser } from '../page/browser.ts';
import { measureWeight } from '../page/weight.ts';
import { comparison } from '../part.ts';
import type { Programs } from '../programs.ts';

const LONG_LINE = 3_000;

interface OpenedPage {
  browser: Browser;
  port: number;
}

const pages = [ourPage, bareTerminal, ttyd].map(inBrowser);

export const opening = comparison({
  name: 'page',
  title: 'Page to prompt',
  about:
    'From navigation to a prompt that accepts keys, in Chromium. Each visitor starts with an empty cache.',
  contestants: pages,
  loads: [
    {
      rows: ['first visit', 'again'].map((title) => ({ title, unit: 'ms' })),
      async measure({ browser, port }) {
        const { firstMs, againMs } = await measureOpenings(browser, port);
        return [{ value: firstMs }, { value: againMs }];
      },
    },
  ],
});

export const typing = comparison({
  name: 'page',
  title: 'Key to echo',
  about:
    'From pressing a key to its character on the screen: the median of 30 keys. `p95` is the time that 19 of 20 stay below.',
  contestants: pages,
  loads: [0, LONG_LINE].map((before) => ({
    rows: [
      {
        title:
          before === 0 ? 'on an empty line' : `after ${before.toLocaleString('en')} characters`,
        unit: 'ms',
      },
    ],
    async measure({ browser, port }) {
      const { p50Ms, p95Ms } = await measureEcho(browser, port, before);
      return [{ value: p50Ms, p95Ms }];
    },
  })),
});

export const weight = comparison({
  name: 'page',
  title: 'First view',
  about: 'Everything that a browser loads before the user does anything.',
  contestants: pages,
  loads: [
    {
      rows: [
        { title: 'gzip, everything that is loaded', unit: 'kB' },
        { title: 'files', unit: 'files' },
      ],
      rounds: () => 1,
      warmsUp: false,
      async measure({ browser, port }) {
        const { requests, gzipBytes } = await measureWeight(browser, port);
        return [{ value: gzipBytes / 1000 }, { value: requests }];
      },
    },
  ],
});

function inBrowser(page: Contestant<LoadTarget>): Contestant<OpenedPage> {
  return {
    ...page,
    async start(programs) {
      const [port = 0] = (await page.start(programs)).ports;
      return { browser: await programs.shared(openBrowser), port };
    },
  };
}

async function openBrowser(programs: Programs): Promise<Browser> {
  const browser = await startBrowser();
  programs.defer(() => browser.close());
  return browser;
}
