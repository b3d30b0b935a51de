import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildProgram } from '../program.ts';
import { EXAMPLES } from './examples.ts';

const folder = mkdtempSync(join(tmpdir(), 'motd-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file descriptor that no example redirects. */
const ARGUMENTS = 9;

/** Runs a line of sh with a `motd` that records its arguments. @returns The arguments of each call. */
function callsOf(line: string): string[][] {
  const record = `motd() { printf '%s\\0' "$@" >&${ARGUMENTS}; printf '\\n' >&${ARGUMENTS}; }`;
  const stdio = Array.from(
    { length: ARGUMENTS + 1 },
    (_, at) => (at === ARGUMENTS ? 'pipe' : 'ignore') as 'pipe' | 'ignore',
  );
  const { output } = spawnSync('sh', ['-c', `${record}; ${line}`], { cwd: folder, stdio });
  const calls = String(output[ARGUMENTS]).split('\n').slice(0, -1);
  return calls.map((call) => call.split('\0').slice(0, -1));
}

const { commands } = await buildProgram('1.2.3');

test.each(commands.map((command) => command.name()))(
  'gives two or three examples of `motd %s`, at the end of its help',
  async (name) => {
    const examples = EXAMPLES[name] ?? [];
    expect([2, 3]).toContain(examples.length);
    const program = await buildProgram('1.2.3', name);
    let help = '';
    const command = program.commands.find((one) => one.name() === name);
    command
      ?.configureOutput({
        writeOut: (text) => {
          help += text;
        },
      })
      .outputHelp();
    const [, shown] = help.split('\nExamples:\n');
    for (const { command } of examples) expect(shown).toContain(`  ${command}\n`);
  },
);

test('no example names the folder of a checkout: an installed program has another', () => {
  expect(JSON.stringify(EXAMPLES)).not.toContain('motd-data');
});

test.each(
  Object.entries(EXAMPLES).flatMap(([name, examples]) =>
    examples.map(({ command }) => [name, command] as const),
  ),
)('an example of %s is a command that the program accepts: %s', async (name, line) => {
  const calls = callsOf(line);
  expect(calls).toHaveLength(1);
  for (const args of calls) {
    const program = await buildProgram('1.2.3', args[0]);
    const started: string[] = [];
    for (const command of program.commands)
      command.action(() => {
        started.push(command.name());
      });
    await program.parseAsync(args, { from: 'user' });
    expect(started).toEqual(name === 'motd' ? [args[0]] : [name]);
  }
});
