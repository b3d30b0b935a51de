// docs/targets.md, "Try it with telnetd": a shell in the page.

import { spawnSync } from 'node:child_process';
import { freePort } from '../../testing/freePort.ts';
import { expect, PageTerminal, test } from '../fixtures.ts';
import { guideBlock, runGuide, startGuideBridge } from './targetsGuide.ts';

const HEADING = 'Try it with telnetd';

// Empty if scripts/tools.mjs found none.
const telnetd = process.env['MOTD_TEST_TELNETD'] ?? '/usr/sbin/telnetd';
const hasSocat = spawnSync('socat', ['-V']).status === 0;
test.skip(telnetd === '' || !hasSocat, 'no telnetd or socat on this machine');
test.skip(process.platform !== 'linux', 'telnetd and ls differ elsewhere');

test('shows a shell, and the colors of ls when TERM is set', async ({ page }) => {
  const port = String(await freePort());
  const socat = runGuide(
    [HEADING, 'sh'],
    [
      ['socat', 'exec socat -d -d'],
      ['2323', port],
      ['/usr/sbin/telnetd', telnetd],
    ],
  );
  await socat.waitForStderr(/listening on/);
  const bridgePort = await startGuideBridge([HEADING, 'sh', 1], [['2323', port]]);
  await page.goto(`http://127.0.0.1:${bridgePort}/?target=box`);
  const terminal = new PageTerminal(page);
  const [setTerm = '', list = ''] = guideBlock(HEADING, '').split('\n');
  // Text of one color is one element.
  const usr = page.locator('.xterm-rows span').getByText(/^usr$/);
  await expect.poll(() => terminal.text()).toMatch(/[$#]$/);
  await terminal.type(list);
  await expect.poll(() => terminal.text()).toMatch(/\busr\b(.|\n)*[$#]$/);
  await expect(usr).toHaveCount(0);
  await terminal.type(setTerm);
  await terminal.type(list);
  await expect(usr).toHaveCount(1);
  await terminal.type('exit');
  await expect.poll(() => terminal.text()).toContain('[box closed the connection (1000)]');
});
