// Lists at the end of a run why tests were skipped: the list of tests does not show it.

import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

// biome-ignore lint/style/noDefaultExport: Playwright calls what a reporter file exports so.
export default class SkippedReporter implements Reporter {
  readonly #titlesByReason = new Map<string, string[]>();

  onTestEnd(test: TestCase, { status, annotations }: TestResult): void {
    if (status !== 'skipped') return;
    const skip = annotations.find(({ type }) => type === 'skip');
    // Without a reason, it was not run because another one failed.
    if (skip?.description === undefined) return;
    const titles = this.#titlesByReason.get(skip.description) ?? [];
    this.#titlesByReason.set(skip.description, [...titles, test.title]);
  }

  onEnd(): void {
    if (this.#titlesByReason.size === 0) return;
    const lines = [...this.#titlesByReason].map(
      ([reason, titles]) =>
        `  ${reason}: ${titles.length === 1 ? titles[0] : `${titles.length} tests`}\n`,
    );
    process.stdout.write(`\nSkipped:\n${lines.join('')}`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
