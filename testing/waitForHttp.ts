// Waits for an HTTP server to be ready.

import { setTimeout } from 'node:timers/promises';

const POLL_INTERVAL_MS = 50;

export interface WaitOptions {
  /** Whether the body of a 200 response means ready; by default every body does. */
  isReady?: (body: string) => boolean;
  /** Called before each request; throws to stop waiting. */
  check?: () => void;
  timeoutMs?: number;
}

/**
 * Resolves once a URL answers with 200.
 *
 * @throws If the timeout passes, or `check` throws.
 */
export async function waitForHttp(url: string, options: WaitOptions = {}): Promise<void> {
  const { isReady = () => true, check = () => {}, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    check();
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok && isReady(await response.text())) return;
    if (performance.now() > deadline) {
      throw new Error(`not ready after ${timeoutMs / 1000} s: ${url}`);
    }
    await setTimeout(POLL_INTERVAL_MS);
  }
}
