// Runs the commands of docs/feed.md.

import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, type ListeningProgram, QUICK, store, test } from '../fixtures.ts';
import { get, startFeed } from './feedProgram.ts';

const PAGE = 'docs/feed.md';
const MESSAGE = 'Maintenance';

/** The lines of a code block, with the address of a bridge of the test. */
function commandsOf({ port }: ListeningProgram, heading: string, index = 0): string[] {
  const block = codeBlock(PAGE, heading, 'sh', index);
  const own = replaceParts(block, [['https://motd.example', `http://127.0.0.1:${port}`]]);
  return own.trim().split('\n');
}

async function run(command = ''): Promise<string> {
  const { status, stdout, stderr } = await new Program('sh', [
    ...['-c', `cd '${test.info().outputPath()}' && ${command}`],
  ]).result();
  expect(status, stderr).toBe(0);
  return stdout;
}

test.beforeEach(async ({ server }) => {
  await store(MESSAGE, server.port);
});

test('the commands that ask for the message print it', QUICK, async ({ server }) => {
  const feed = await startFeed(server);
  const [first] = commandsOf(feed, 'The message over HTTP');
  expect(await run(first)).toBe(`${MESSAGE}\n`);
  const [plain, json, conditional] = commandsOf(feed, 'Ask for the message');
  expect(await run(plain)).toBe(`${MESSAGE}\n`);
  const documented = JSON.parse(codeBlock(PAGE, 'Ask for the message', 'json'));
  const { author: _, ...known } = documented;
  const answer = JSON.parse(await run(json));
  expect(Object.keys(answer)).toEqual(Object.keys(known));
  expect(answer.message).toBe(documented.message);
  expect(await run(conditional)).toBe(`${MESSAGE}\n`);
  expect(await run(conditional)).toBe('');
});

test('the command that follows the message prints events', async ({ server }) => {
  const feed = await startFeed(server);
  const [command = ''] = commandsOf(feed, 'Follow the message');
  const curl = new Program('sh', ['-c', `exec ${command}`]);
  const [, id, data = ''] = await curl.waitForOutput(/^id: (\d+)\ndata: (.*)\n\n/);
  const [, documented = ''] = /^data: (.*)$/m.exec(codeBlock(PAGE, 'Follow the message', '')) ?? [];
  expect(id).toBe('1');
  const keys = Object.keys(JSON.parse(documented)).filter((key) => key !== 'author');
  expect(Object.keys(JSON.parse(data))).toEqual(keys);
});

test('the script of a page gets the message and the state of the server', async ({
  page,
  server,
}) => {
  const feed = await startFeed(server);
  await page.goto(`http://127.0.0.1:${feed.port}/board`);
  const script = codeBlock(PAGE, 'Follow the message', 'js');
  const calls: unknown[] = [];
  await page.exposeFunction('show', (message: string) => calls.push(message));
  await page.exposeFunction('setOutdated', (isOutdated: boolean) => calls.push(isOutdated));
  await page.evaluate(script);
  await expect.poll(() => calls).toEqual([MESSAGE]);
  await server.program.stop();
  await expect.poll(() => calls).toEqual([MESSAGE, true]);
});

test('the commands for the history print it', async ({ server }) => {
  const feed = await startFeed(server);
  const [json, atom] = commandsOf(feed, 'The history');
  expect(JSON.parse(await run(json))).toMatchObject([{ message: MESSAGE, number: 1 }]);
  expect(await run(atom)).toContain(`<title>${MESSAGE}</title>`);
});

test('a browser reads the Atom feed as XML', async ({ page, server }) => {
  await store('<b> & ]]> "x"', server.port);
  const feed = await startFeed(server);
  const { body } = await get(feed, '/messages.atom');
  const parsed = await page.evaluate((feedText) => {
    const xml = new DOMParser().parseFromString(feedText, 'application/xml');
    const titles = [...xml.querySelectorAll('entry > title')].map(({ textContent }) => textContent);
    return { root: xml.documentElement.namespaceURI, titles };
  }, body);
  expect(parsed.root).toBe('http://www.w3.org/2005/Atom');
  expect(parsed.titles).toEqual(['<b> & ]]> "x"', MESSAGE]);
});
