// What the dialogs that plan and cancel a message have in common, in a real Chromium: one change at
// a time, and the store password.

import type { Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { startLineService, type TcpService } from '../../testing/tcpService.ts';
import { expect, keepToasts, PageTerminal, startBridgeTo, test } from '../fixtures.ts';

const dialogs = {
  plan: (page: Page) => page.getByRole('dialog', { name: 'Plan a message' }),
  cancel: (page: Page) => page.getByRole('dialog', { name: 'Cancel this message?' }),
};
const planned = (page: Page) => page.getByRole('list', { name: 'Planned messages' });
const cancelButton = (page: Page, message: string) =>
  planned(page)
    .getByRole('listitem')
    .filter({ hasText: message })
    .getByRole('button', { name: 'Cancel…' });

const openers = {
  plan: (page: Page) => page.getByRole('button', { name: 'Plan a message' }),
  cancel: (page: Page) => cancelButton(page, 'one'),
};
const submitters = { plan: 'Plan', cancel: 'Cancel the message' };

const [ONE, TWO] = [
  '1 2026-11-22T12:00:00Z /2100-01-01T00:00:00Z - one',
  '2 2026-11-22T12:00:00Z /2100-01-01T00:00:00Z - two',
];

const REPLIES: Readonly<Record<string, string>> = {
  MSGWATCH: '200 OK\ntwo\n',
  MSGINFO: `200 OK\n${TWO}\n`,
  MSGPLANS: '200 OK\n1 /2100-01-01T00:00:00Z one\n2 /2100-01-01T00:00:00Z two\n.\n',
  MSGLIST: `200 OK\n${ONE}\n${TWO}\n.\n`,
  MSGPLAN: '200 OK\n',
  MSGCANCEL: '200 OK\n',
};

const WITH_PASSWORD: Readonly<Record<string, string>> = {
  ...REPLIES,
  MSGPLAN: '300 PASSWORD REQUIRED\n',
  MSGCANCEL: '300 PASSWORD REQUIRED\n',
  sesame: '200 OK\n',
};

/** A server that leaves each change without a reply, and passes it on. */
function startSilentServer(
  replies: Readonly<Record<string, string>>,
  changed: (line: string, peer: Socket) => void,
): Promise<TcpService> {
  return startLineService((line, socket) => {
    if (replies[line] === undefined && line !== 'QUIT') changed(line, socket);
    return replies[line] ?? '';
  });
}

async function openPage(page: Page, port: number): Promise<void> {
  await page.goto(`http://127.0.0.1:${port}/`);
  await new PageTerminal(page).expectText('SHUTDOWN):');
  await keepToasts(page);
  await page.getByRole('button', { name: 'Message history' }).click();
}

test('sends one cancellation at a time', async ({ page }) => {
  const changes: { line: string; peer: Socket }[] = [];
  const service = await startSilentServer(REPLIES, (line, peer) => changes.push({ line, peer }));
  await openPage(page, await startBridgeTo(`motd=127.0.0.1:${service.port}`));
  await cancelButton(page, 'one').click();
  const question = dialogs.cancel(page);
  const submit = question.getByRole('button', { name: 'Cancel the message' });
  await submit.click();
  await expect.poll(() => changes.map(({ line }) => line)).toEqual(['1']);
  await submit.click();
  await page.keyboard.press('Escape');

  await cancelButton(page, 'two').click();
  await expect(page.locator('#toast')).toHaveText(
    'The server has not answered the last cancellation yet.',
  );
  await expect(question).toBeHidden();
  changes[0]?.peer.write('200 OK\n');
  await expect(page.locator('#toast')).toHaveText('The message is canceled.');
  await cancelButton(page, 'two').click();
  await expect(question).toContainText('two');
  await submit.click();
  await expect.poll(() => changes.map(({ line }) => line)).toEqual(['1', '2']);
  service.close();
});

test('ends the question for a password, and reports nothing, once its dialog is closed', async ({
  page,
}) => {
  const { MSGPLAN: _, ...replies } = REPLIES;
  const questions: Socket[] = [];
  const service = await startSilentServer(replies, (_line, peer) => questions.push(peer));
  await openPage(page, await startBridgeTo(`motd=127.0.0.1:${service.port}`));
  await openers.plan(page).click();
  await expect.poll(() => questions).toHaveLength(1);
  await page.keyboard.press('Escape');
  await expect.poll(() => questions[0]?.closed).toBe(true);
  await expect(page.locator('#toast')).toBeEmpty();
  service.close();
});

for (const which of ['plan', 'cancel'] as const) {
  test.describe(`the dialog to ${which} a message`, () => {
    const changes: Socket[] = [];
    let service: TcpService;

    test.beforeEach(async ({ page }) => {
      service = await startSilentServer(WITH_PASSWORD, (_line, peer) => changes.push(peer));
      await openPage(page, await startBridgeTo(`motd=127.0.0.1:${service.port}`));
      await openers[which](page).click();
    });
    test.afterEach(() => {
      changes.length = 0;
      service.close();
    });

    for (const how of ['Escape', 'its button'] as const) {
      test(`forgets the password when it is closed with ${how}`, async ({ page }) => {
        const dialog = dialogs[which](page);
        const password = dialog.getByLabel('Store password');
        await password.fill('sesame');
        if (how === 'Escape') await page.keyboard.press('Escape');
        else await dialog.getByRole('button', { name: 'Close' }).click();
        await expect(dialog).toBeHidden();
        await openers[which](page).click();
        await expect(password).toHaveValue('');
      });
    }

    test('closed while a change is under way, forgets the password with its reply', async ({
      page,
    }) => {
      const dialog = dialogs[which](page);
      const password = dialog.getByLabel('Store password');
      await password.fill('sesame');
      if (which === 'plan') {
        await dialog.getByLabel('Message').fill('Maintenance');
        await dialog.getByLabel('Until').fill(`${new Date().getFullYear() + 2}-01-01T20:00`);
      }
      await dialog.getByRole('button', { name: submitters[which], exact: true }).click();
      await expect.poll(() => changes).toHaveLength(1);
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
      changes[0]?.write('503 STORE UNAVAILABLE\n');
      await expect(page.locator('#toast')).toHaveText(/^The server cannot store anything now\./);
      await openers[which](page).click();
      await expect(password).toHaveValue('');
    });
  });
}
