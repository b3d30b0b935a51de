// A page in a real Chromium: the time until the user can type, and until a typed character is
// shown.

import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { chromiumFlags } from '../../testing/chromiumFlags.ts';
import { quantile } from '../../testing/quantile.ts';
import { PROMPT } from '../contestants/pages.ts';
import { observePage } from './pageObserver.ts';

const VIEWPORT = { width: 1000, height: 640 };

/** One measurement: users with an empty cache, each of whom then opens the page again. */
const USERS = 2;
const REPEATED_OPENS = 1;
const KEY_PRESSES = 30;
/**
 * Longer than a frame, at 60 a second: keys have to be pressed at any moment between two frames.
 */
const MAX_PAUSE_MS = 50;

/** From navigation to a prompt that accepts input, in milliseconds. */
export interface OpeningsMeasured {
  firstMs: number;
  againMs: number;
}

/** From key press to echo, in milliseconds. */
export interface EchoMeasured {
  p50Ms: number;
  p95Ms: number;
}

export function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'];
  return chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [...chromiumFlags],
    // main.ts stops everything.
    handleSIGINT: false,
    handleSIGTERM: false,
  });
}

/** Opens a page for the first time, and again. @returns The medians. */
export async function measureOpenings(browser: Browser, port: number): Promise<OpeningsMeasured> {
  const first: number[] = [];
  const again: number[] = [];
  for (let user = 0; user < USERS; user++) {
    // Each context has a cache of its own.
    await inNewContext(browser, async (context) => {
      first.push(await openPage(context, port));
      for (let time = 0; time < REPEATED_OPENS; time++) again.push(await openPage(context, port));
    });
  }
  return { firstMs: middle(first), againMs: middle(again) };
}

/** Presses keys at the end of a line that already has `charactersBefore` characters. */
export async function measureEcho(
  browser: Browser,
  port: number,
  charactersBefore: number,
): Promise<EchoMeasured> {
  const echoesMs: number[] = [];
  await inNewContext(browser, async (context) => {
    const page = await newObservedPage(context, port);
    await page.evaluate(() => window.pageObserver.prompt);
    if (charactersBefore > 0) await paste(page, charactersBefore);
    for (let press = 0; press < KEY_PRESSES; press++) {
      await pause(Math.random() * MAX_PAUSE_MS);
      echoesMs.push(await pressKey(page, press % 2 === 0 ? 'a' : 'b'));
    }
  });
  const sorted = echoesMs.toSorted((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95) };
}

/** Opens the page, and proves that it accepts input. @returns The time to the prompt. */
async function openPage(context: BrowserContext, port: number): Promise<number> {
  const page = await newObservedPage(context, port);
  const promptMs = await page.evaluate(() => window.pageObserver.prompt);
  await pressKey(page, 'a');
  await page.close();
  return promptMs;
}

async function newObservedPage(context: BrowserContext, port: number): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(observePage, PROMPT);
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'commit' });
  return page;
}

/** @param key A character that the screen does not end with yet. */
async function pressKey(page: Page, key: string): Promise<number> {
  await page.keyboard.press(key);
  return page.evaluate(() => window.pageObserver.echo);
}

/** Dispatches a paste event: each page binds pasting to a different key. */
function paste(page: Page, characters: number): Promise<void> {
  return page.evaluate(async (length) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', `${'x'.repeat(length - 1)}y`);
    const pasted = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(pasted);
    // As much of it as certainly fits on one screen.
    await window.pageObserver.untilEndsWith(`${'x'.repeat(Math.min(length - 1, 1_000))}y`);
  }, characters);
}

async function inNewContext(
  browser: Browser,
  work: (context: BrowserContext) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    await work(context);
  } finally {
    await context.close();
  }
}

function middle(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
