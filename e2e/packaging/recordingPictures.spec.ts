// The terminal recording at the top of README.md. `npm run pictures` records it again; a test run
// compares what it records with docs/terminal.cast.

import { readFile, writeFile } from 'node:fs/promises';
import headless from '@xterm/headless';
import { type CastTheme, castSvg, readCast, writeCast } from '../../testing/castSvg.ts';
import { expect, test } from '../fixtures.ts';
import { recordSession } from './recordSession.ts';

const writes = process.env['MOTD_PICTURES'] === 'docs';

const CAST = 'docs/terminal.cast';
const MAX_SVG_BYTES = 60_000;

/** The colors of GitHub's pages. */
const THEMES: Readonly<Record<'light' | 'dark', CastTheme>> = {
  light: {
    background: '#f6f8fa',
    border: '#d1d9e0',
    text: '#1f2328',
    palette: { 2: '#1a7f37' },
  },
  dark: {
    background: '#151b23',
    border: '#3d444d',
    text: '#f0f6fc',
    palette: { 2: '#3fb950' },
  },
};

test.describe.configure({ mode: 'serial' });

test('the recorded commands print what docs/terminal.cast shows', async ({ server }, {
  outputDir,
}) => {
  test.skip(process.platform !== 'linux', 'script(1) takes other arguments elsewhere');
  test.skip(process.env['MOTD_TEST_NETCAT'] === '', 'no suitable nc on this machine');
  const cast = writeCast(await recordSession(server.port, outputDir));
  if (writes) await writeFile(CAST, cast);
  expect(cast).toBe(await readFile(CAST, 'utf8'));
});

for (const [name, theme] of Object.entries(THEMES)) {
  const file = `docs/terminal-${name}.svg`;

  test(`${file} shows docs/terminal.cast`, async ({ page }) => {
    const cast = readCast(await readFile(CAST, 'utf8'));
    const svg = await castSvg(cast, theme);
    if (writes) await writeFile(file, svg);
    expect(await readFile(file, 'utf8')).toBe(svg);
    expect(Buffer.byteLength(svg)).toBeLessThan(MAX_SVG_BYTES);

    await page.setContent(svg);
    const terminal = new headless.Terminal({
      cols: cast.columns,
      rows: cast.rows,
      allowProposedApi: true,
    });
    for (const { seconds, text } of cast.output) {
      await new Promise<void>((drawn) => terminal.write(text, drawn));
      const { active } = terminal.buffer;
      const rows = Array.from({ length: cast.rows }, (_, row) => active.getLine(row));
      const shown = rows
        .map((row) => row?.translateToString(true).trimEnd() ?? '')
        .filter((row) => row !== '');
      expect(await page.evaluate(visibleRows, seconds * 1000 + 1), `at ${seconds} s`).toEqual(
        shown,
      );
    }
  });
}

/** The rows that the SVG shows at a time of its animation. */
function visibleRows(milliseconds: number): string[] {
  for (const animation of document.getAnimations()) {
    animation.pause();
    animation.currentTime = milliseconds;
  }
  return [...document.querySelectorAll('g')]
    .filter((row) => getComputedStyle(row).opacity === '1')
    .map((row) => row.textContent.trimEnd());
}
