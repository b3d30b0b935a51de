// Messages that are planned in the page, in a real Chromium: the dialog, the history with what is
// planned, and the message above the terminal that appears by itself.

import { writeFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { passwordHash } from '../../testing/passwordHash.ts';
import { Program } from '../../testing/programs.ts';
import { startLineService } from '../../testing/tcpService.ts';
import {
  devices,
  expect,
  keepToasts,
  PageTerminal,
  paste,
  QUICK,
  sendLines,
  startBridge,
  startServer,
  store,
  test,
} from '../fixtures.ts';
import { violations } from '../violations.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';
const ZONE = 'Europe/Berlin';

test.use({ timezoneId: ZONE, locale: 'en-GB' });

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Plan a message' });
const history = (page: Page) => page.getByRole('complementary', { name: 'Message history' });
const planned = (page: Page) =>
  history(page).getByRole('list', { name: 'Planned messages' }).getByRole('listitem');
const past = (page: Page) =>
  history(page).getByRole('list', { name: 'Messages, newest first' }).getByRole('listitem');

async function openPlan(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Plan a message' }).click();
  await expect(dialog(page)).toBeVisible();
}

/** Fills in the dialog. The times are local: `2026-11-27T18:00`. */
async function fill(page: Page, message: string, from: string, until: string): Promise<void> {
  await dialog(page).getByLabel('Message').fill(message);
  await dialog(page).getByLabel('From').fill(from);
  await dialog(page).getByLabel('Until').fill(until);
}

const submit = (page: Page) => dialog(page).getByRole('button', { name: 'Plan' }).click();

/** A local time of tomorrow or later, in the form of the inputs. */
function localTime(clock: string, days = 1): string {
  const day = new Date(Date.now() + days * 86_400_000);
  return `${day.toLocaleDateString('sv-SE', { timeZone: ZONE })}T${clock}`;
}

/** Plans a message from another client. The times are in seconds from now. */
async function planFrom(
  port: number,
  message: string,
  fromSeconds: number | undefined,
  untilSeconds: number | undefined,
): Promise<void> {
  const side = (seconds?: number) =>
    seconds === undefined ? '' : new Date(Date.now() + seconds * 1000).toISOString();
  const window = `${side(fromSeconds)}/${side(untilSeconds)}`;
  expect(await sendLines(port, 'MSGPLAN', `${window} ${message}`)).toMatch(
    /^200 OK\n200 OK \d+\n$/,
  );
}

test.describe('the dialog', () => {
  test.beforeEach(({ terminal }) => terminal.expectText(PROMPT));

  test(
    'plans a message, shows what it understood, and leaves the terminal as it is',
    QUICK,
    async ({ page, terminal, server }) => {
      await keepToasts(page);
      await page.keyboard.type('half');
      await openPlan(page);
      await expect(dialog(page).getByLabel('Message')).toBeFocused();
      await expect(dialog(page)).toContainText('Times in Europe/Berlin.');
      await fill(page, '  Maintenance tonight  ', localTime('18:00'), localTime('20:00'));
      const understood = dialog(page).locator('.understood');
      await expect(understood).toHaveText(/^\w{3},? \d+ \w{3} \d{4}, 18:00–20:00$/);
      await submit(page);
      await expect(dialog(page)).toBeHidden();
      await expect(page.locator('#toast')).toHaveText(/^Planned \w{3},? \d+ .*, 18:00–20:00\.$/);
      await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
      await expect(page.locator('#message')).toHaveText(APPLE);
      await terminal.expectText(`${PROMPT} half`);
      const day = localTime('').slice(0, -1);
      const replies = await sendLines(server.port, 'MSGPLANS');
      expect(replies).toMatch(/^200 OK\n1 \S+\/\S+ Maintenance tonight\n\.\n$/);
      expect(replies).toContain(new Date(`${day}T18:00:00+01:00`).toISOString().slice(0, 10));

      // Nothing stays for the next message.
      await openPlan(page);
      for (const label of ['Message', 'From', 'Until']) {
        await expect(dialog(page).getByLabel(label)).toHaveValue('');
      }
    },
  );

  test('plans with a start or an end alone', async ({ page, server }) => {
    const understood = dialog(page).locator('.understood');
    await openPlan(page);
    await fill(page, 'one', '', localTime('20:00'));
    await expect(understood).toHaveText(/^from now until \w{3},? \d+ \w{3} \d{4}, 20:00$/);
    await page.keyboard.press('Enter');
    await expect(dialog(page)).toBeHidden();
    await expect(page.locator('#message')).toHaveText('one');
    await openPlan(page);
    await fill(page, 'two', localTime('18:00'), '');
    await expect(understood).toHaveText(/^from \w{3},? \d+ .* 18:00, without an end$/);
    await submit(page);
    await expect(dialog(page)).toBeHidden();
    expect(await sendLines(server.port, 'MSGPLANS')).toMatch(/\n1 \/\S+ one\n2 \S+\/ two\n\.\n$/);
  });

  test('explains each mistake beside its field, and focuses the first', async ({ page }) => {
    // Summer time begins on March 28, 2027, and ends on October 31.
    await page.clock.setFixedTime('2026-11-27T12:00:00Z');
    await openPlan(page);
    const cases: [from: string, until: string, label: string, fault: string][] = [
      ['', '', 'From', 'Choose a start, an end, or both.'],
      [
        '2026-11-27T20:00',
        '2026-11-27T18:00',
        'Until',
        'The end must be after the start: over midnight',
      ],
      ['', '2026-11-27T12:59', 'Until', 'The end has passed already: choose'],
      ['2026-11-27T12:59', '', 'From', 'The start has passed already'],
      ['2036-11-28T00:00', '', 'From', 'The start is over 10 years away: check'],
      ['', '2036-11-28T00:00', 'Until', 'The end is over 10 years away: check'],
      ['2027-03-28T02:30', '', 'From', 'The clocks go forward, and skip 02:30'],
      ['', '2027-10-31T02:30', 'Until', 'The clocks go back, and show 02:30 twice'],
    ];
    for (const [from, until, label, fault] of cases) {
      await fill(page, 'Maintenance', from, until);
      await submit(page);
      const input = dialog(page).getByLabel(label);
      await expect(input).toBeFocused();
      await expect(input).toHaveAttribute('aria-invalid', 'true');
      await expect(input).toHaveAccessibleDescription(new RegExp(`^${fault}`));
      await expect(dialog(page).locator('.understood')).toBeEmpty();
    }
    // The fault goes away with its cause.
    await fill(page, 'Maintenance', '2026-11-27T18:00', '2026-11-27T20:00');
    await expect(dialog(page).locator('.fault:not(:empty)')).toHaveCount(0);
    await expect(dialog(page).locator('.understood')).toHaveText(
      /^Fri,? 27 Nov 2026, 18:00–20:00$/,
    );
    await fill(page, '', '2026-11-27T18:00', '2026-11-27T20:00');
    await submit(page);
    await expect(dialog(page).getByLabel('Message')).toBeFocused();
    await expect(dialog(page).getByLabel('Message')).toHaveAccessibleDescription('Type a message.');
  });

  test('explains a time that is not complete', async ({ page }) => {
    await openPlan(page);
    await fill(page, 'Maintenance', '', '');
    await dialog(page).getByLabel('From').focus();
    await page.keyboard.type('27');
    await submit(page);
    await expect(dialog(page).getByLabel('From')).toHaveAccessibleDescription(
      'Complete the date and the time, or clear both.',
    );
  });

  test('keeps what was typed if the server cannot be reached, and sends it later', async ({
    page,
    server,
  }) => {
    await openPlan(page);
    await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
    await server.program.stop();
    await submit(page);
    await expect(dialog(page).getByRole('status')).toHaveText([
      /18:00–20:00/,
      /^Nothing was changed: motd refused the connection/,
    ]);
    await page.keyboard.press('Escape');
    await startServer(server.port);
    await openPlan(page);
    await expect(dialog(page).getByLabel('Message')).toHaveValue('Maintenance');
    await expect(dialog(page).getByLabel('From')).toHaveValue(localTime('18:00'));
    await submit(page);
    await expect(dialog(page)).toBeHidden();
    expect(await sendLines(server.port, 'MSGPLANS')).toContain(' Maintenance\n');
  });

  test('joins the lines of a paste, and Enter sends', async ({ page, server }) => {
    await openPlan(page);
    await dialog(page).getByLabel('Until').fill(localTime('20:00'));
    await dialog(page).getByLabel('Message').focus();
    await paste(page, 'one\r\n  two\n\nthree');
    await expect(dialog(page).getByLabel('Message')).toHaveValue('one two three');
    await page.keyboard.press('Enter');
    await expect(dialog(page)).toBeHidden();
    expect(await sendLines(server.port, 'MSGPLANS')).toContain(' one two three\n');
  });

  test('shows a text from right to left as one', async ({ page }) => {
    await openPlan(page);
    await dialog(page).getByLabel('Message').fill('שלום');
    await expect(dialog(page).getByLabel('Message')).toHaveCSS('direction', 'rtl');
  });
});

test('asks for the store password if the server requires it', async ({ page }, info) => {
  const file = info.outputPath('store-password');
  await writeFile(file, passwordHash('sesame'));
  const server = await startServer(0, ['--store-password-file', file]);
  const bridge = await startBridge(server.port);
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await new PageTerminal(page).expectText(PROMPT);
  await openPlan(page);
  const password = dialog(page).getByLabel('Store password');
  await expect(password).toBeVisible();
  await expect(password).toHaveAttribute('type', 'password');
  await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
  await submit(page);
  await expect(dialog(page)).toContainText('The server requires the store password.');
  await expect(password).toBeFocused();
  await password.fill('open');
  await submit(page);
  await expect(dialog(page)).toContainText('This is not the store password.');
  // What is typed next replaces it.
  await expect(password).toBeFocused();
  await page.keyboard.type('sesame');
  await submit(page);
  await expect(dialog(page)).toBeHidden();

  await page.getByRole('button', { name: 'Message history' }).click();
  await planned(page).getByRole('button', { name: 'Cancel' }).click();
  const question = page.getByRole('dialog', { name: 'Cancel this message?' });
  await question.getByLabel('Store password').fill('sesame');
  await question.getByRole('button', { name: 'Cancel the message' }).click();
  await expect(question).toBeHidden();
  await expect(planned(page)).toHaveCount(0);
});

test('puts the replies of a server into words, and keeps what was typed', async ({ page }) => {
  const replies = [
    '424 BAD TIME: IN THE PAST',
    '422 NOT PLAIN TEXT',
    '503 STORE UNAVAILABLE',
    '507 TOO MANY PLANNED MESSAGES',
  ];
  const words = [
    'The end has passed already, on the server’s clock.',
    'The message holds control characters: remove them.',
    'The server cannot store anything now.',
    'Too many messages are planned: cancel one first.',
  ];
  const service = await startLineService((line) =>
    /^[A-Z]+$/.test(line) ? '200 OK\n' : `${replies.shift()}\n`,
  );
  const bridge = await startBridge(service.port, 0, [
    '--target',
    `other=127.0.0.1:${service.port}`,
  ]);
  await page.goto(`http://127.0.0.1:${bridge.port}/?target=other&as=motd`);
  await openPlan(page);
  await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
  for (const text of words) {
    await submit(page);
    await expect(dialog(page)).toContainText(text);
    await expect(dialog(page).getByLabel('Message')).toHaveValue('Maintenance');
  }
  service.close();
});

test('warns that the change may have been made if the reply is lost', async ({ page }) => {
  const service = await startLineService((line, socket) => {
    if (line.endsWith('Maintenance')) socket.destroy();
    return '200 OK\n';
  });
  const bridge = await startBridge(service.port, 0, ['--target', `new=127.0.0.1:${service.port}`]);
  await page.goto(`http://127.0.0.1:${bridge.port}/?target=new&as=motd`);
  await openPlan(page);
  await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
  await submit(page);
  await expect(dialog(page)).toContainText('The server may have made the change');
  await expect(dialog(page).getByLabel('Message')).toHaveValue('Maintenance');
  service.close();
});

test('an older server: reports that it cannot plan, and shows its history', async ({ page }) => {
  const service = await startLineService((line) => {
    if (line === 'MSGHIST') return '200 OK\n2026-11-22T12:00:00Z an older message\n.\n';
    return line === 'MSGWATCH' ? '200 OK\nan older message\n' : '400 UNKNOWN COMMAND\n';
  });
  const bridge = await startBridge(service.port, 0, ['--target', `old=127.0.0.1:${service.port}`]);
  await page.goto(`http://127.0.0.1:${bridge.port}/?target=old&as=motd`);
  await openPlan(page);
  await expect(dialog(page)).toContainText('This server cannot plan messages: it is an older one.');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Message history' }).click();
  await expect(past(page)).toHaveText([/an older message$/]);
  await expect(history(page).getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  service.close();
});

test('shows who stored an entry, and when it was in force', async ({ page }) => {
  const lines = [
    '1 2026-11-22T12:00:00Z / Zo%C3%AB plain',
    '2 2026-11-22T12:00:00Z 2026-11-23T17:00:00Z/2026-11-23T19:00:00Z %D7%93%D7%A0%D7%94 over',
  ];
  const replies: Readonly<Record<string, string>> = {
    MSGWATCH: '200 OK\nplain\n',
    MSGINFO: `200 OK\n${lines[0]}\n`,
    MSGPLANS: '200 OK\n.\n',
    MSGLIST: `200 OK\n${lines.join('\n')}\n.\n`,
  };
  const service = await startLineService((line) => replies[line] ?? '200 OK\n');
  const bridge = await startBridge(service.port, 0, ['--target', `new=127.0.0.1:${service.port}`]);
  await page.goto(`http://127.0.0.1:${bridge.port}/?target=new&as=motd`);
  await page.getByRole('button', { name: 'Message history' }).click();
  await expect(past(page)).toHaveText([
    /^Mon,? 23 Nov 2026, 18:00–20:00stored 13:00 by דנהover$/,
    'In force · 13:00 by Zoëplain',
  ]);
  service.close();
});

test.describe('with users', () => {
  const ANNA = { username: 'anna', password: 'p' };
  test.use({ httpCredentials: ANNA });

  test('the history names the user who stored a message', QUICK, async ({ page, server }) => {
    const users = test.info().outputPath('users');
    await writeFile(users, `${ANNA.username}:${passwordHash(ANNA.password)}`);
    const target = `named=127.0.0.1:${server.port}+proxy-v2`;
    const bridge = await startBridge(server.port, 0, ['--users-file', users, '--target', target]);
    await page.goto(`http://127.0.0.1:${bridge.port}/?target=named&as=motd`);
    const terminal = new PageTerminal(page);
    await terminal.expectText(PROMPT);
    await terminal.type('MSGSTORE');
    await terminal.expectText('Enter new message of the day:');
    await terminal.type('by the user');
    await expect(page.locator('#message')).toHaveText('by the user');
    await page.getByRole('button', { name: 'Message history' }).click();
    await expect(past(page)).toHaveText([/^In force.* by annaby the user$/]);
    const list = Program.motd(['history', '--json', '127.0.0.1', String(server.port)]);
    expect(await list.exitCode()).toBe(0);
    expect(JSON.parse(list.stdout)).toMatchObject({ message: 'by the user', author: 'anna' });
  });
});

test('is not offered for another service', async ({ page, server }) => {
  const bridge = await startBridge(server.port, 0, ['--target', `echo=127.0.0.1:${server.port}`]);
  await page.goto(`http://127.0.0.1:${bridge.port}/?target=echo`);
  await new PageTerminal(page).expectText('echo>');
  await expect(page.getByRole('button', { name: 'Plan a message' })).toBeHidden();
});

test(
  'a planned message appears above the terminal by itself, and goes away by itself',
  QUICK,
  async ({ page, terminal, server }) => {
    await terminal.expectText(PROMPT);
    await page.getByRole('button', { name: 'Message history' }).click();
    await expect(page.locator('#message')).toHaveText(APPLE);
    await planFrom(server.port, 'for some seconds', 3, 6);
    await expect(page.locator('#message')).toHaveText('for some seconds');
    await expect(planned(page)).toHaveText([/In force.*for some seconds/]);
    await expect(page.locator('#message')).toHaveText(APPLE);
    await expect(planned(page)).toHaveCount(0);
    await expect(past(page)).toHaveText([/for some seconds$/]);
    await terminal.expectText(PROMPT);
  },
);

test.describe('the history', () => {
  test.beforeEach(({ terminal }) => terminal.expectText(PROMPT));

  test('shows what is planned above what was, with its window', async ({ page, server }) => {
    await store('the first', server.port);
    await planFrom(server.port, 'later', 7200, 10_800);
    await planFrom(server.port, 'sooner', 2400, 3000);
    await planFrom(server.port, 'now', undefined, 3600);
    await planFrom(server.port, 'covered', undefined, 3600);
    await planFrom(server.port, 'the newest', undefined, 1800);
    await page.getByRole('button', { name: 'Message history' }).click();
    await expect(planned(page)).toHaveText([
      /^until .*Under a newer message · stored .*now/,
      /^until .*Under a newer message · stored .*covered/,
      /^until .*In force · stored .*the newest/,
      /To come · stored .*sooner/,
      /To come · stored .*later/,
    ]);
    await expect(past(page)).toHaveText([/the first$/]);
    await expect(history(page).getByRole('heading')).toHaveText(['History', 'Planned', 'Today']);
    const zone = { timeZone: ZONE, timeStyle: 'short' } as const;
    const clock = new Date(Date.now() + 7_200_000).toLocaleTimeString('en-GB', zone);
    await expect(planned(page).nth(4).locator('.window')).toContainText(clock.slice(0, 3));

    const question = page.getByRole('dialog', { name: 'Cancel this message?' });
    for (const [position, consequence] of [
      [0, 'It will not appear again.'],
      [2, 'The message before it will stand again.'],
      [3, 'It will not appear.'],
    ] as const) {
      await planned(page).nth(position).getByRole('button', { name: 'Cancel…' }).click();
      await expect(question).toContainText(consequence);
      await page.keyboard.press('Escape');
    }
  });

  test('cancels a message after one question', QUICK, async ({ page, server }) => {
    await planFrom(server.port, 'in force', undefined, 3600);
    await planFrom(server.port, 'to come', 7200, 10_800);
    await expect(page.locator('#message')).toHaveText('in force');
    await page.getByRole('button', { name: 'Message history' }).click();
    const question = page.getByRole('dialog', { name: 'Cancel this message?' });

    const cancel = planned(page).nth(1).getByRole('button', { name: 'Cancel…' });
    await expect(cancel).toHaveAccessibleDescription('to come');
    await cancel.click();
    await expect(question).toContainText('to come');
    await expect(question).toContainText('It will not appear.');
    await expect(question.getByRole('button', { name: 'Keep it' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(question).toBeHidden();
    await expect(cancel).toBeFocused();
    await page.keyboard.press('Enter');
    await question.getByRole('button', { name: 'Cancel the message' }).click();
    await expect(planned(page)).toHaveCount(1);
    await expect(past(page)).toHaveText([/^canceled before it began.*to come$/]);

    await planned(page).getByRole('button', { name: 'Cancel…' }).click();
    await expect(question).toContainText('The message before it will stand again.');
    await question.getByRole('button', { name: 'Cancel the message' }).click();
    await expect(page.locator('#message')).toHaveText(APPLE);
    await expect(planned(page)).toHaveCount(0);
    await expect(history(page).locator('.lists')).toBeFocused();
  });

  test('explains that a message is over already, and keeps the question', async ({
    page,
    server,
  }) => {
    await planFrom(server.port, 'to come', 7200, 10_800);
    await page.getByRole('button', { name: 'Message history' }).click();
    await planned(page).getByRole('button', { name: 'Cancel…' }).click();
    await sendLines(server.port, 'MSGCANCEL', '1');
    const question = page.getByRole('dialog', { name: 'Cancel this message?' });
    await question.getByRole('button', { name: 'Cancel the message' }).click();
    await expect(question).toContainText('This message is over, or was canceled already.');
  });

  test('keeps the focus on what was chosen while the list is reloaded', async ({
    page,
    server,
  }) => {
    await store('see https://example.com/', server.port);
    await planFrom(server.port, 'soon in force', 4, 3600);
    await planFrom(server.port, 'later', 7200, 10_800);
    await page.getByRole('button', { name: 'Message history' }).click();
    const cancel = (message: string) =>
      planned(page).filter({ hasText: message }).getByRole('button', { name: 'Cancel…' });
    await cancel('soon in force').focus();
    await expect(planned(page)).toHaveText([/In force.*soon in force/, /To come.*later/]);
    await expect(cancel('soon in force')).toBeFocused();
    await cancel('later').focus();
    await planFrom(server.port, 'newer', undefined, 3600);
    await expect(planned(page)).toHaveText([/newer/, /Under.*soon in force/, /later/]);
    await expect(cancel('later')).toBeFocused();

    const link = past(page).getByRole('link');
    await link.focus();
    await store('another one', server.port);
    await expect(past(page)).toHaveCount(2);
    await expect(link).toBeFocused();
  });

  test('a reload behind the question keeps the way back of the focus', async ({ page, server }) => {
    await planFrom(server.port, 'to come', 7200, 10_800);
    await page.getByRole('button', { name: 'Message history' }).click();
    const question = page.getByRole('dialog', { name: 'Cancel this message?' });
    const cancel = planned(page).getByRole('button', { name: 'Cancel…' });
    await cancel.click();
    await store('another one', server.port);
    await expect(page.locator('#history li')).toHaveCount(2);
    await expect(question.getByRole('button', { name: 'Keep it' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(cancel).toBeFocused();

    // What is canceled elsewhere has no button any more.
    await cancel.click();
    await sendLines(server.port, 'MSGCANCEL', '1');
    await store('and another', server.port);
    await expect(page.locator('#history .planned')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(question).toBeHidden();
    await expect(history(page).locator('.lists')).toBeFocused();
  });

  test('isolates a planned text from right to left', async ({ page, server }) => {
    await planFrom(server.port, 'שלום כיתה (3)!', 3600, undefined);
    await page.getByRole('button', { name: 'Message history' }).click();
    await expect(planned(page).locator('p')).toHaveCSS('direction', 'rtl');
    await expect(planned(page).locator('.window')).toHaveCSS('direction', 'ltr');
  });
});

for (const colorScheme of ['dark', 'light'] as const) {
  for (const contrast of ['no-preference', 'more'] as const) {
    test(`has no axe violations: ${colorScheme}, contrast ${contrast}`, async ({
      page,
      terminal,
      server,
    }) => {
      await page.emulateMedia({ colorScheme, contrast });
      await terminal.expectText(PROMPT);
      await planFrom(server.port, 'in force', undefined, 3600);
      await planFrom(server.port, 'to come', 7200, 10_800);
      await openPlan(page);
      await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
      expect(await violations(page)).toEqual([]);
      await fill(page, '', localTime('20:00'), localTime('18:00'));
      await submit(page);
      await expect(dialog(page).locator('.fault:not(:empty)')).toHaveCount(2);
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Message history' }).click();
      await expect(planned(page)).toHaveCount(2);
      expect(await violations(page)).toEqual([]);
      await planned(page).nth(0).getByRole('button', { name: 'Cancel…' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  }
}

test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use({ ...phone, viewport: { width: 375, height: 667 } });

  test(
    'everything fits, and is large enough for a thumb',
    QUICK,
    async ({ terminal: { page }, server }) => {
      await expect(page.locator('#field-prompt')).toContainText('SHUTDOWN):');
      await planFrom(server.port, 'in force', undefined, 3600);
      await page.getByRole('button', { name: 'Plan a message' }).tap();
      await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
      await expectToFit(dialog(page));
      const targets = dialog(page).locator('button, input:visible, textarea');
      for (const target of await targets.all()) {
        expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
      }
      await expect(dialog(page).getByRole('button', { name: 'Plan' })).toBeInViewport({ ratio: 1 });
      await dialog(page).getByRole('button', { name: 'Plan' }).tap();
      await expect(dialog(page)).toBeHidden();
      await page.getByRole('button', { name: 'Message history' }).tap();
      await expect(planned(page)).toHaveCount(2);
      await expectToFit(history(page));
      const cancel = planned(page).nth(1).getByRole('button', { name: 'Cancel…' });
      expect((await cancel.boundingBox())?.height).toBeGreaterThanOrEqual(44);
      await cancel.tap();
      const question = page.getByRole('dialog', { name: 'Cancel this message?' });
      await expectToFit(question);
      await question.getByRole('button', { name: 'Cancel the message' }).tap();
      await expect(planned(page)).toHaveCount(1);
    },
  );
});

// WCAG 2.2, 1.4.10: a window of 1280 by 1024 at 400%.
test.describe('at 400%', () => {
  test.use({ viewport: { width: 320, height: 256 } });

  test('everything can be reached by scrolling down', async ({ page, terminal }) => {
    await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):$/);
    await openPlan(page);
    await fill(page, 'Maintenance', localTime('18:00'), localTime('20:00'));
    await expectToFit(dialog(page));
    const button = dialog(page).getByRole('button', { name: 'Plan' });
    await button.scrollIntoViewIfNeeded();
    await expect(button).toBeInViewport({ ratio: 1 });
  });
});

async function expectToFit(part: Locator): Promise<void> {
  const { scrollWidth, clientWidth } = await part.evaluate((element) => ({
    scrollWidth: element.scrollWidth,
    clientWidth: element.clientWidth,
  }));
  expect(scrollWidth).toBe(clientWidth);
}
