// docs/maintenance.md: its commands, and what it promises about them.

import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const PAGE = 'docs/maintenance.md';
const TITLE = 'Announce a maintenance';

const MOTD = `motd() { "${process.execPath}" dist/cli/main.js "$@"; }`;

/** A block of the guide, and what is to be replaced in it. */
interface Block {
  heading: string;
  index?: number;
  changes?: [string, string][];
}

/** Runs a block in a shell, against this server. */
function run({ port }: { port: number }, { heading, index = 0, changes = [] }: Block) {
  const script = replaceParts(codeBlock(PAGE, heading, 'sh', index), [
    ['motd.example', `127.0.0.1 ${port}`],
    ...changes,
  ]);
  return new Program('sh', ['-e', '-c', `${MOTD}\n${script}`], { TZ: 'Europe/Berlin' }).result();
}

/** The output of another day, and of a server with other numbers. */
function withoutDays(text: string): string {
  return text
    .replace(/\w{3} \d+ \w+ \d{4}/g, 'DAY')
    .replace(/\bCEST\b/g, 'CET')
    .replace(/^\d+(?= |$)/gm, 'N');
}

test('plans, lists and cancels as in the guide', QUICK, async ({ server }) => {
  const planned = await run(server, { heading: TITLE });
  const shown = codeBlock(PAGE, TITLE, '');
  expect(withoutDays(planned.stderr + planned.stdout)).toBe(withoutDays(shown));

  expect((await run(server, { heading: 'Announce it before' })).status).toBe(0);
  const check = { heading: 'Check it' };
  const listed = withoutDays((await run(server, check)).stdout);
  expect(listed).toBe(withoutDays(codeBlock(PAGE, 'Check it', '')));
  const login = await run(server, { heading: 'At login' });
  expect(login.stdout).toBe('Maintenance on Friday, 18:00 to 20:00\n');

  const changed = await run(server, {
    heading: 'Change your mind',
    changes: [['cancel 17', 'cancel 1']],
  });
  expect(withoutDays(changed.stderr)).toBe('DAY 20:00–22:00 CET\n');
  expect((await run(server, check)).stdout).not.toContain('18:00–20:00');
});

test('announces the work of a script while it runs', QUICK, async ({ server }) => {
  const { status, stdout, stderr } = await run(server, {
    heading: 'From a script',
    changes: [["echo 'migrating …'", `motd get 127.0.0.1 ${server.port}`]],
  });
  const message = 'The database is read-only until 20:00\n';
  expect({ status, stdout }).toEqual({ status: 0, stdout: message });
  expect(withoutDays(stderr)).toMatch(/^until DAY [\d:]+ CET\n$/);
  expect((await run(server, { heading: 'At login' })).stdout).toBe('');
});

test('changes the message that it has seen', QUICK, async ({ server }) => {
  const change = { heading: 'From a script', index: 1 };
  expect(await run(server, change)).toEqual({ status: 0, stdout: '', stderr: '' });
  const login = await run(server, { heading: 'At login' });
  expect(login.stdout).toBe('Maintenance is over: thank you\n');
});
