// Other versions of Node, from npm's registry.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Runs npm to its end. @throws If it fails. */
export function npm(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): { stdout: string } {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')}\n${stdout}${stderr}`);
  return { stdout };
}

/**
 * @param folder Where to put it.
 * @returns The path of Node's program; `undefined` if there is no registry.
 */
export function otherNode(version: string, folder: string): string | undefined {
  if (version === process.versions.node) return process.execPath;
  if (spawnSync('npm', ['ping', '--fetch-retries=0']).status !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  // npm keeps it in its cache.
  const { stdout } = npm(folder, ['pack', '--prefer-offline', '--silent', `${name}@${version}`]);
  const { status } = spawnSync('tar', ['-xzf', stdout.trim()], { cwd: folder });
  if (status !== 0) throw new Error(`cannot unpack ${stdout}`);
  return join(folder, 'package/bin/node');
}
