// Records the session at the top of README.md: a shell in a terminal, in which a user types at a
// steady pace. What the programs print is real, and the clock is not, so that each recording of the
// same programs is the same.

import { mkdir, writeFile } from 'node:fs/promises';
import type { Cast, CastOutput } from '../../testing/castSvg.ts';
import { Program } from '../../testing/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { expect } from '../fixtures.ts';

/** What the user types, and how the output ends once that was answered. */
interface Step {
  readonly line: string;
  readonly until: RegExp;
}

const COLUMNS = 64;
const ROWS = 16;

// With the control sequences at the end of each prompt, which may come separately.
const SHELL = /\$\x1b\[0m $/;
const DIALOGUE = /SHUTDOWN\): \x1b\[\d+G$/;

/** The port that the recording shows: the server's default. */
const SHOWN_PORT = '26310';

const STEPS: readonly Step[] = [
  { line: 'motd get', until: SHELL },
  { line: "motd set -m 'Maintenance at 18:00'", until: SHELL },
  { line: 'motd connect', until: DIALOGUE },
  { line: 'MSGGET', until: DIALOGUE },
  { line: 'QUIT', until: SHELL },
  { line: `printf 'MSGGET\\nQUIT\\n' | nc localhost ${SHOWN_PORT}`, until: SHELL },
];

// The clock of the recording, in seconds.
const BEFORE_TYPING = 1;
const EACH_KEY = 0.06;
const REPLY = 0.3;

/**
 * @param port The server's. It has as many digits as the port that is shown in its place.
 * @param folder For the files of the shell.
 */
export async function recordSession(port: number, folder: string): Promise<Cast> {
  const shell = await startShell(port, folder);
  const output: CastOutput[] = [];
  let seconds = 0;
  let recorded = 0;
  const record = (text = shell.stdout.slice(recorded).replaceAll(String(port), SHOWN_PORT)) => {
    output.push({ seconds: Number(seconds.toFixed(2)), text });
    recorded = shell.stdout.length;
  };

  await expect.poll(() => shell.stdout).toMatch(SHELL);
  record();
  for (const { line, until } of STEPS) {
    seconds += BEFORE_TYPING;
    const typed = line.replace(SHOWN_PORT, String(port));
    for (const [index, key] of [...typed].entries()) {
      shell.process.stdin?.write(key);
      await shell.waitForOutput(endingWith(typed.slice(0, index + 1)));
      record(line[index]);
      seconds += EACH_KEY;
    }
    shell.process.stdin?.write('\r');
    await expect.poll(() => shell.stdout).toMatch(until);
    seconds += REPLY;
    record();
  }
  await shell.stop();
  return { columns: COLUMNS, rows: ROWS, title: 'MOTD Terminal in a shell', output };
}

/** A shell whose prompt is `$ `, in a terminal, with `motd` on its path. */
async function startShell(port: number, folder: string): Promise<Program> {
  const main = new URL('dist/cli/main.js', ROOT).pathname;
  await mkdir(folder, { recursive: true });
  await writeFile(
    `${folder}/bashrc`,
    `PS1='\\[\\e[32m\\]$\\[\\e[0m\\] '
bind 'set enable-bracketed-paste off'
unset NO_COLOR HISTFILE
motd() { '${process.execPath}' '${main}' "$@"; }
nc() { command '${process.env['MOTD_TEST_NETCAT'] || 'nc'}' "$@"; }
`,
  );
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec bash --rcfile '${folder}/bashrc' --noprofile -i`;
  return new Program('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    MOTD_PORT: String(port),
    TERM: 'xterm-256color',
    // In another locale, readline also clears the rest of the line after a prompt.
    LC_ALL: 'C.UTF-8',
  });
}

function endingWith(text: string): RegExp {
  return new RegExp(`${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);
}
