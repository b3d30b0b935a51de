// What axe finds on a page that is not accessible.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const RULES = [
  ...['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'],
  'best-practice',
];

/** @returns Each violation with its element. */
export async function violations(page: Page): Promise<string[]> {
  // The pages have no frames: legacy mode needs no second page, and takes a third of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode().withTags(RULES);
  const { violations: found, passes } = await axe.analyze();
  // It computes contrasts, too.
  expect(passes.map(({ id }) => id)).toContain('color-contrast');
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
