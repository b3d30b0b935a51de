// Starts a server and a bridge for each test that requests these fixtures.

import { once } from 'node:events';
import { connect } from 'node:net';
import { test as base, devices, expect, type Page, type Route } from '@playwright/test';
import { freePort } from '../testing/freePort.ts';
import { Program } from '../testing/programs.ts';

export const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

/** What the page shows after a line that is no command. */
export const UNKNOWN_COMMAND = [
  'Server: 400 UNKNOWN COMMAND',
  '[commands: MSGGET, MSGSTORE, MSGHIST, MSGWATCH, QUIT, SHUTDOWN; for all of them: F1, or Help]',
].join('\n');

export interface ListeningProgram {
  program: Program;
  port: number;
}

export interface Fixtures {
  /** Stops every program a test has started, whether it passed or failed. */
  cleanup: undefined;
  server: ListeningProgram;
  bridge: ListeningProgram;
  terminal: PageTerminal;
}

export { devices, expect };

/**
 * A test of `npm test`: a main path, or the quick form of a test. All others run in `test:full`.
 */
export const QUICK = { tag: '@quick' };

/** Needs more than Chromium's headless shell (playwright.config.ts). */
export const WHOLE_BROWSER = { tag: '@whole-browser' };

// biome-ignore-start lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
export const test = base.extend<Fixtures>({
  cleanup: [
    async ({}, use, info) => {
      await use(undefined);
      if (info.status === 'timedOut') reportRunningPrograms();
      await Promise.all([...Program.running].map((program) => program.stop()));
    },
    { auto: true },
  ],
  // Not an ephemeral port: while a test has stopped the server, the system could assign it to
  // another program.
  server: async ({}, use) => use(await startServer(await freePort())),
  bridge: async ({ server }, use) => use(await startBridge(server.port, await freePort())),
  terminal: async ({ page, bridge }, use) => {
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await use(new PageTerminal(page));
  },
});
// biome-ignore-end lint/correctness/noEmptyPattern: see above.

/** Shows the last output of each program of a test that timed out. */
function reportRunningPrograms(): void {
  for (const { commandLine, stdout, stderr } of Program.running) {
    process.stderr.write(`still running: ${commandLine}\n${lastOf(stdout)}${lastOf(stderr)}`);
  }
}

function lastOf(output: string): string {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines
    .slice(-10)
    .map((line) => `  ${line}\n`)
    .join('');
}

/**
 * Starts a server that trusts PROXY headers from this machine, unless `flags` specify otherwise.
 */
export async function startServer(port = 0, flags: string[] = []): Promise<ListeningProgram> {
  const program = Program.motd(['serve', '--port', String(port), ...flags], {
    MOTD_TRUST_PROXY: '127.0.0.1',
  });
  const [, found] = await program.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
  return { program, port: Number(found) };
}

/** Starts a bridge with these flags, on any port unless they choose one. */
export async function startBridgeWith(...flags: string[]): Promise<ListeningProgram> {
  const program = Program.motd(['bridge', '--http-port', '0', ...flags]);
  const listening = /listening (?:on|at) https?:\/\/127\.0\.0\.1:(\d+)\S*\n/;
  const [, port] = await program.waitForOutput(listening);
  return { program, port: Number(port) };
}

/** Starts a bridge to the message server at a port. */
export function startBridge(
  serverPort: number,
  port = 0,
  flags: string[] = [],
): Promise<ListeningProgram> {
  const target = `motd=127.0.0.1:${serverPort}+proxy`;
  return startBridgeWith('--target', target, '--http-port', String(port), ...flags);
}

/** Starts a bridge to targets of any kind, in the format of `--target`. @returns Its port. */
export async function startBridgeTo(...targets: string[]): Promise<number> {
  return (await startBridgeWith(...targets.flatMap((target) => ['--target', target]))).port;
}

/** Stores a message from another client. */
export async function store(message: string, port: number): Promise<void> {
  const program = Program.motd(['set', '-m', message, '127.0.0.1', String(port)]);
  expect(await program.exitCode(), program.stderr).toBe(0);
}

/** Sends lines to the server. @returns All that it replies. */
export async function sendLines(port: number, ...lines: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let received = '';
  socket.on('data', (data) => {
    received += String(data);
  });
  socket.end(`${lines.join('\n')}\n`);
  await once(socket, 'close');
  return received;
}

/** Chooses an entry of the palette. */
export async function chooseFromPalette(page: Page, name: string): Promise<void> {
  await page.locator('#more-button').click();
  const label = page.locator('#palette .label').and(page.getByText(name, { exact: true }));
  await label.click();
}

/** Everything in the page's terminal, line by line: what the page copies if nothing is selected. */
export async function transcriptOf(page: Page): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate(() => navigator.clipboard.writeText(''));
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await chooseFromPalette(page, 'Copy everything');
  await expect.poll(copied).not.toBe('');
  return copied();
}

/** Holds back the responses to requests for these files. @returns A function that ends that. */
export async function hold(page: Page, files: string): Promise<() => Promise<void>> {
  const held: Route[] = [];
  let isHeld = true;
  await page.route(files, async (route) => {
    if (isHeld) held.push(route);
    else await route.continue();
  });
  return async () => {
    isHeld = false;
    for (const route of held) await route.continue();
  };
}

/** Keeps the page's toasts, which would disappear before a slow machine looks. */
export async function keepToasts(page: Page): Promise<void> {
  await page.locator('#toast').evaluate((toast) => {
    let last = toast.textContent;
    new MutationObserver(() => {
      if (toast.textContent === '') toast.textContent = last;
      last = toast.textContent;
    }).observe(toast, { childList: true });
  });
}

/** Puts a text into the clipboard and pastes it at the focus. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
  await page.keyboard.press('Control+v');
}

/** The page's terminal, as the user sees it. */
export class PageTerminal {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /**
   * Every row on the screen, as drawn, without blanks at the end, nor the mark that the page puts
   * there in a note of several rows (web/editor/wrapWords.ts).
   */
  async rows(): Promise<string[]> {
    const rows = await this.page.locator('.xterm-rows > div').allInnerTexts();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').replace(/\s*\u200e?\s*$/, ''));
  }

  /** The screen as one text, without the empty rows below. */
  async text(): Promise<string> {
    return (await this.rows()).join('\n').trimEnd();
  }

  /**
   * Every character on the screen in order, without white space and line ends, so that wrapped text
   * is in one piece.
   */
  async flow(): Promise<string> {
    return (await this.rows()).join('').replaceAll(' ', '');
  }

  /** Resolves once the screen ends with this text. */
  async expectText(text: string): Promise<void> {
    await expect.poll(() => this.text()).toMatch(new RegExp(`${escapeRegExp(text.trimEnd())}$`));
  }

  /** Resolves once a command is asked for: in the terminal or, on a phone, above the field. */
  async expectCommandPrompt(): Promise<void> {
    const label = this.page.locator('#field-prompt');
    await expect
      .poll(async () => `${await this.flow()} ${await label.textContent()}`)
      .toMatch(/SHUTDOWN\):/);
  }

  /** The screen as one text, with `|` at the cursor. */
  async textWithCursor(): Promise<string> {
    const rows = await this.page.evaluate(() =>
      Array.from(document.querySelectorAll('.xterm-rows > div'), (row) =>
        Array.from(row.childNodes, (part) => {
          const isCursor = part instanceof Element && part.classList.contains('xterm-cursor');
          return `${isCursor ? '|' : ''}${part.textContent}`;
        }).join(''),
      ),
    );
    const trimmed = rows.map((row) => row.replaceAll('\u00a0', ' ').replace(/\s*\u200e?\s*$/, ''));
    return trimmed.join('\n').trimEnd();
  }

  /** Resolves once the screen ends with this text, with `|` where the cursor must be. */
  async expectTextWithCursor(text: string): Promise<void> {
    await expect
      .poll(() => this.textWithCursor())
      .toMatch(new RegExp(`(^|\\n)${escapeRegExp(text)}$`));
  }

  /** Types a line and presses Enter. */
  async type(line: string): Promise<void> {
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
