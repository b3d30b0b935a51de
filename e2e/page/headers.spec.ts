// The page with its response headers, in a real Chromium: the strict policy is in force, and breaks
// nothing.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { expect, PageTerminal, QUICK, startBridge, test } from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const DARK_BACKGROUND = 'rgb(16, 22, 29)';
const LIGHT_BACKGROUND = 'rgb(251, 250, 247)';
const TEXT_ON_DARK = 'rgb(232, 237, 242)';
const TEXT_ON_LIGHT = 'rgb(29, 37, 44)';

/** The page's policy violations, and its console output, from the first request on. */
async function recordProblems(page: Page): Promise<string[]> {
  const violations: string[] = [];
  await page.exposeFunction('reportViolation', (violation: string) => violations.push(violation));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
      Reflect.get(
        window,
        'reportViolation',
      )(`${effectiveDirective} blocked ${blockedURI} of ${sourceFile}:${lineNumber}`);
    });
  });
  page.on('console', (message) => violations.push(message.text()));
  page.on('pageerror', (error) => violations.push(String(error)));
  page.on('requestfailed', (request) => violations.push(request.url()));
  return violations;
}

/** The effect of xterm's own style rules: without them, the colors are those of the page. */
function terminalStyle(
  page: Page,
): Promise<{ text: string; background: string; fontSize: string }> {
  return page.evaluate(() => {
    const rows = document.querySelector('.xterm-rows');
    const background = document.querySelector('.xterm-scrollable-element');
    if (rows === null || background === null) throw new Error('no terminal');
    const { color, fontSize } = getComputedStyle(rows);
    return { text: color, background: getComputedStyle(background).backgroundColor, fontSize };
  });
}

test(
  'a session, a selection, another theme and another size violate no policy',
  QUICK,
  async ({ page, bridge }) => {
    const violations = await recordProblems(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    const terminal = new PageTerminal(page);
    await terminal.expectText(PROMPT);
    await terminal.type('MSGSTORE');
    await terminal.type('strict');
    await terminal.type('MSGGET');
    await terminal.expectText(`Server: 200 OK\nstrict\n${PROMPT}`);
    expect(await terminalStyle(page)).toEqual({
      text: TEXT_ON_DARK,
      background: DARK_BACKGROUND,
      fontSize: '15px',
    });

    await page.locator('.xterm-rows > div', { hasText: /^strict/ }).click({
      clickCount: 2,
      position: { x: 20, y: 10 },
      force: true,
    });
    const selected = page.locator('.xterm-rows .xterm-decoration-top');
    await expect(selected).toHaveText('strict');
    // web/appearance/colors.css, --selection
    await expect(selected).toHaveCSS('background-color', 'rgb(66, 108, 148)');

    await page.emulateMedia({ colorScheme: 'light' });
    await expect
      .poll(() => terminalStyle(page))
      .toEqual({ text: TEXT_ON_LIGHT, background: LIGHT_BACKGROUND, fontSize: '15px' });
    await page.setViewportSize({ width: 412, height: 700 });
    await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):$/);
    await terminal.type('MSGGET');
    // Both replies: the first one is still on the screen.
    await expect
      .poll(() => terminal.flow())
      .toMatch(/(Client:MSGGETServer:200OKstrictEntercommand[^:]+:(MSGGET)?){2}$/);
    expect(violations).toEqual([]);
  },
);

test('blocks everything that is not the page’s own', async ({ page, bridge }) => {
  const violations = await recordProblems(page);
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await new PageTerminal(page).expectText(PROMPT);
  // Once the message is shown, the page no longer changes the title.
  await expect(page).toHaveTitle(/^An apple/);
  expect(violations).toEqual([]);

  const done = await page.evaluate(async () => {
    const script = document.createElement('script');
    const scriptText = attempt(() => {
      script.textContent = 'document.title = "taken";';
    });
    const html = attempt(() => {
      document.body.insertAdjacentHTML('beforeend', '<p>injected</p>');
    });
    // In a task of its own: the test's own access to the page may evaluate.
    const evaluated = await new Promise((resolve) => {
      setTimeout(() => resolve(attempt(() => new Function('return 1'))));
    });
    // Links that no script has touched, as if they had come with the page.
    const parsed = document.implementation.createHTMLDocument();
    for (const [tag, text] of [
      ['script', 'document.title = "taken";'],
      ['style', 'body { outline: 3px solid red; }'],
    ] as const) {
      const element = parsed.createElementNS('http://www.w3.org/1999/xhtml', tag);
      element.append(parsed.createTextNode(text));
      document.body.append(element);
    }
    document.body.setAttribute('style', 'opacity: 0.5');
    const image = new Image();
    const imageFailed = new Promise((resolve) => {
      image.onload = () => resolve(false);
      image.onerror = () => resolve(true);
    });
    image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';
    const { outlineStyle, opacity } = getComputedStyle(document.body);
    return {
      title: document.title,
      outlineStyle,
      opacity,
      scriptText,
      html,
      evaluated,
      imageFailed: await imageFailed,
    };

    function attempt(work: () => void): string {
      try {
        work();
        return 'done';
      } catch (error) {
        return error instanceof Error ? error.name : String(error);
      }
    }
  });
  expect(done).toEqual({
    title: 'An apple a day keeps the doctor away. – Message of the day',
    outlineStyle: 'none',
    opacity: '1',
    scriptText: 'TypeError',
    html: 'TypeError',
    evaluated: 'EvalError',
    imageFailed: true,
  });
  for (const rule of ['style-src-elem', 'style-src-attr', 'img-src', 'require-trusted-types-for']) {
    await expect.poll(() => violations.join('\n')).toContain(`${rule} blocked`);
  }
});

test('rejects being framed by another page', async ({ page, bridge }) => {
  const url = `http://127.0.0.1:${bridge.port}/`;
  const violations: string[] = [];
  page.on('console', (message) => violations.push(message.text()));
  await page.setContent(`<iframe src="${url}"></iframe>`);
  await expect.poll(() => violations.join('\n')).toContain("frame-ancestors 'none'");
  expect(await page.frameLocator('iframe').locator('#terminal').count()).toBe(0);
});

/** Serves a page of another origin, which shows a URL in a frame. @returns That origin. */
async function startFramingPage(url: string): Promise<{ origin: string; close: () => void }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>intranet</title><iframe src="${url}"></iframe>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, close: () => server.close() };
}

test(
  'lets the origin of --frame-from frame the page, and no other',
  QUICK,
  async ({ page, server }) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const [intranet, other] = [await startFramingPage(url), await startFramingPage(url)];
    await startBridge(server.port, port, ['--frame-from', intranet.origin]);
    const { headers } = await fetch(url);
    expect(headers.get('x-frame-options')).toBeNull();
    const policy = headers.get('content-security-policy')?.split(';');
    expect(policy).toContain(`frame-ancestors ${intranet.origin}`);

    await page.goto(intranet.origin);
    const framed = page.frameLocator('iframe');
    await expect(framed.locator('#message')).toContainText('An apple a day');

    const refusal = page.waitForEvent('console', (entry) =>
      entry.text().includes(`frame-ancestors ${intranet.origin}`),
    );
    await page.goto(other.origin);
    await refusal;
    expect(await framed.locator('#terminal').count()).toBe(0);
    intranet.close();
    other.close();
  },
);

test('serves its assets compressed and immutable, and revalidates the page itself', async ({
  page,
  bridge,
}) => {
  const url = `http://127.0.0.1:${bridge.port}/`;
  const cacheControls = new Map<string, string | undefined>();
  page.on('response', async (response) => {
    expect(response.headers()['content-encoding'], response.url()).toBe('br');
    cacheControls.set(new URL(response.url()).pathname, response.headers()['cache-control']);
  });
  await page.goto(url);
  await new PageTerminal(page).expectText(PROMPT);
  expect(cacheControls.get('/')).toBe('no-cache');
  cacheControls.delete('/');
  expect(cacheControls.size).toBeGreaterThanOrEqual(2);
  expect(new Set(cacheControls.values())).toEqual(new Set(['public, max-age=31536000, immutable']));

  expect(await transferredBytes(page)).not.toContain(0);
  // A new page, not a reload, which may revalidate.
  await page.goto('about:blank');
  await page.goto(url);
  await new PageTerminal(page).expectText(PROMPT);
  expect(new Set(await transferredBytes(page))).toEqual(new Set([0]));
});

/** The bytes that were transferred for each file of the page. */
function transferredBytes(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .map(({ transferSize }) => transferSize),
  );
}
