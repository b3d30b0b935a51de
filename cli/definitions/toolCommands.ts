// Defines `motd hash-password`, `copy-store` and `completion`.

import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from '../completion/shells.ts';
import { etcdOptions } from '../options/etcdOptions.ts';
import { addCommand } from './addCommand.ts';

export function addToolCommands(program: Command): void {
  addCommand(
    program,
    'hash-password',
    'read a password, and print its hash for a password file or a users file',
    [],
  ).action(async () => {
    const { hashPasswordCommand } = await import('../commands/hashPassword.ts');
    await hashPasswordCommand();
  });

  addCommand(program, 'copy-store', 'copy the history from one store to another', etcdOptions())
    .addArgument(
      new Argument('<from>', 'store to read: file:DIR or etcd://HOST:PORT,HOST:PORT/PREFIX'),
    )
    .addArgument(
      new Argument(
        '<to>',
        'store to write, in the same form: empty, or with the beginning of the same history',
      ),
    )
    .action(async (from: string, to: string, options) => {
      const { copyStore } = await import('../commands/copyStore.ts');
      await copyStore(from, to, options);
    });

  addCommand(program, 'completion', 'print what completes commands and flags in a shell', [])
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { completion } = await import('../commands/completion.ts');
      await completion(shell);
    });
}
