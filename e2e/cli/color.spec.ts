// No command colors what it prints. So the rule of https://no-color.org holds, and no FORCE_COLOR or
// terminal changes what a script reads.

import { runMotd } from '../../testing/programs.ts';
import { expect, QUICK, store, test } from '../fixtures.ts';
import { runInTerminal } from './terminal.ts';

test.skip(process.platform !== 'linux', 'script(1) takes other arguments elsewhere');

const MAIN = `${process.execPath} dist/cli/main.js`;
const CTRL_C = '\x03';

/** A sequence that sets colors, or bold (ECMA-48, SGR). */
const SGR = /\x1b\[[\d;:]*m/;

/** A command that prints, with the port of a server, and a part of what it prints. */
const COMMANDS: [command: string, prints: RegExp][] = [
  ['--help', /Usage: /],
  ['up --store memory: --port 0 --http-port 0', /listening on http/],
  ['serve --store memory: --port 0', /listening on/],
  ['bridge --target motd=127.0.0.1:PORT --http-port 0', /listening on/],
  ['connect 127.0.0.1 PORT', /Enter command/],
  ['get 127.0.0.1 PORT', /stored\n/],
  ['get --json 127.0.0.1 PORT', /"message":"stored"/],
  ['set 127.0.0.1 PORT', /New message/],
  ['plan --until "tomorrow 20:00" -m x 127.0.0.1 PORT', /20:00/],
  ['plans 127.0.0.1 PORT', /planned\n/],
  ['cancel 99 127.0.0.1 PORT', /404 NO SUCH MESSAGE/],
  ['watch 127.0.0.1 PORT', /stored\n/],
  ['history 127.0.0.1 PORT', /stored\n/],
  ['hash-password', /Password \(8 characters/],
  ['completion fish', /complete -c motd/],
  ['copy-store file:missing file:other', /no such folder/],
  ['serve --prot 1', /unknown flag/],
];

for (const [command, prints] of COMMANDS) {
  test(
    `motd ${command} prints no colors`,
    command.startsWith('get') ? QUICK : {},
    async ({ server }) => {
      await store('stored', server.port);
      const at = ['127.0.0.1', String(server.port)];
      expect(
        (await runMotd(['plan', '--from', 'tomorrow 9:00', '-m', 'planned', ...at])).status,
      ).toBe(0);
      for (const variable of ['FORCE_COLOR=3', 'COLORTERM=truecolor']) {
        const env = `env -u NO_COLOR TERM=xterm-256color ${variable}`;
        const program = runInTerminal(`${env} ${MAIN} ${command.replace('PORT', at[1] ?? '')}`);
        await program.waitForOutput(prints);
        program.process.stdin?.write(CTRL_C);
        await program.exitCode();
        expect(program.stdout).not.toMatch(SGR);
      }
    },
  );
}
