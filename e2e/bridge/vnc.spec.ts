// docs/targets.md, "Try it with VNC": noVNC in Chromium, through the bridge, to a real VNC server.

import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { waitForHttp } from '../../testing/waitForHttp.ts';
import { expect, test } from '../fixtures.ts';
import { guideBlock, runGuide, startGuideBridge } from './targetsGuide.ts';

const HEADING = 'Try it with VNC';

// Each is empty if scripts/tools.mjs found none and could not install one.
const tools = {
  Xtigervnc: process.env['MOTD_TEST_VNC_SERVER'] ?? 'Xtigervnc',
  xterm: process.env['MOTD_TEST_XTERM'] ?? 'xterm',
  python3: process.env['MOTD_TEST_PYTHON'] ?? 'python3',
  noVNC: process.env['MOTD_TEST_NOVNC'] ?? '/usr/share/novnc',
};
const missing = Object.entries(tools).find(([, found]) => found === '')?.[0];
test.skip(missing !== undefined && process.env['CI'] === undefined, `no ${missing} here`);

/** Starts all programs as docs/targets.md does. @returns The address to open. */
async function start(): Promise<string> {
  const [vncPort, sitePort] = [String(await freePort()), String(await freePort())];
  // Each display has a number of its own. Display N is the file /tmp/.X11-unix/XN.
  const display = `:${vncPort}`;
  const server = runGuide(
    [HEADING, 'sh'],
    [
      ['Xtigervnc', `exec ${tools.Xtigervnc}`],
      [':9 ', `${display} `],
      ['5909', vncPort],
    ],
  );
  await server.waitForStderr(/Listening for VNC connections/);
  runGuide(
    [HEADING, 'sh', 1],
    [
      ['xterm', `exec ${tools.xterm}`],
      [':9 ', `${display} `],
    ],
  );
  const bridgePort = await startGuideBridge(
    [HEADING, 'sh', 2],
    [
      ['5909', vncPort],
      ['6080', sitePort],
    ],
  );
  runGuide(
    [HEADING, 'sh', 3],
    [
      ['python3', `exec ${tools.python3}`],
      ['6080', sitePort],
      ['/usr/share/novnc', tools.noVNC],
    ],
  );
  await waitForHttp(`http://127.0.0.1:${sitePort}/`);
  return guideBlock(HEADING, '')
    .trim()
    .replace('6080', sitePort)
    .replace('8080', String(bridgePort));
}

/** A point of the display that is inside the xterm. */
const POINT = { x: 100, y: 100 };

/** The color at that point of noVNC's picture: red, green, blue. */
function colorAt(page: Page, { x, y }: typeof POINT): Promise<number[]> {
  return page.locator('canvas').evaluate(
    (canvas: HTMLCanvasElement, point) => {
      const pixel = canvas.getContext('2d')?.getImageData(point.x, point.y, 1, 1).data ?? [];
      return [...pixel].slice(0, 3);
    },
    { x, y },
  );
}

const WHITE = [255, 255, 255];
/** XTerm*color1, red3 (/etc/X11/app-defaults/XTerm-color). */
const RED = [205, 0, 0];

test('noVNC shows the display, and what keys do to it', async ({ page }) => {
  await page.goto(await start());
  await expect.poll(() => colorAt(page, POINT)).toEqual(WHITE);
  // Keys go to the window under the pointer.
  await page.locator('canvas').click({ position: POINT });
  await page.keyboard.type("printf '\\033[41m\\033[2J'");
  expect(await colorAt(page, POINT)).toEqual(WHITE);
  await page.keyboard.press('Enter');
  await expect.poll(() => colorAt(page, POINT)).toEqual(RED);
});
