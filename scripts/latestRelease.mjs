import { readFileSync } from 'node:fs';

/** @returns {{ version: string, day: string }} The newest release in CHANGELOG.md: `1.0.0`, `2026-11-28`. */
export function latestRelease() {
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const [, version, day] = /^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$/m.exec(changelog) ?? [];
  if (version === undefined || day === undefined)
    throw new Error('CHANGELOG.md has no release with its day');
  return { version, day };
}
