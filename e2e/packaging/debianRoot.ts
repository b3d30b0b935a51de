// A Debian system of its own: a folder that is empty, except for the database of dpkg. In it are the
// packages that ours depends on.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceParts } from '../../testing/docs.ts';
import { ROOT } from './imageSteps.ts';

/** dpkg gives all files to root. */
const DPKG = process.getuid?.() === 0 ? ['dpkg'] : ['fakeroot', 'dpkg'];

/** The package's scripts run without a chroot, with DPKG_ROOT. */
const FORCED = ['script-chrootless', 'bad-path'].map((what) => `--force-${what}`);

/** @returns Debian's name of this machine's architecture; empty if dpkg cannot install here. */
export function installableArchitecture(): string {
  const [command = '', ...args] = DPKG;
  return run(command, [...args, '--print-architecture']).stdout.trim();
}

/** Runs a program to its end. The status of one that is not installed is `null`. */
export function run(command: string, args: string[], variables: Record<string, string> = {}) {
  const env = { ...process.env, ...variables };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8' });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

export class DebianRoot {
  readonly #folder: string;

  constructor(folder: string, nodeVersion = '20.19.2') {
    this.#folder = folder;
    for (const part of ['info', 'updates'])
      mkdirSync(this.path(`var/lib/dpkg/${part}`), { recursive: true });
    const installed = Object.entries({ libc6: '2.41', nodejs: nodeVersion });
    this.write('var/lib/dpkg/status', installed.map(recordOf).join('\n'));
  }

  dpkg(...args: string[]): void {
    const flags = [`--root=${this.#folder}`, `--log=${this.path('var/lib/dpkg/log')}`];
    const [command = '', ...rest] = [...DPKG, ...flags, ...FORCED, ...args];
    const { status, stdout, stderr } = run(command, rest);
    if (status !== 0) throw new Error(`${command} ${rest.join(' ')}\n${stdout}${stderr}`);
  }

  /** What dpkg knows about a package, such as `install ok installed`. */
  statusOf(name: string): string {
    const flags = [`--admindir=${this.path('var/lib/dpkg')}`, '--status'];
    return /^Status: (.*)$/m.exec(run('dpkg-query', [...flags, name]).stdout)?.[1] ?? '';
  }

  /** @returns The paths of all files and links, but those of dpkg. */
  files(): string[] {
    return this.paths().filter((path) => !path.endsWith('/'));
  }

  /** @returns All paths but those of dpkg; a folder ends with a slash. */
  paths(): string[] {
    const database = ['-path', this.path('var/lib/dpkg'), '-prune'];
    const folders = ['-type', 'd', '-printf', '%P/\\n'];
    const others = ['-printf', '%P\\n'];
    const conditions = [...database, '-o', ...folders, '-o', ...others];
    const { stdout } = run('find', [this.#folder, ...conditions]);
    return stdout.trim().split('\n').sort();
  }

  path(path: string): string {
    return join(this.#folder, path);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  /** Makes a script use places in this root. */
  relocate(path: string, ...places: string[]): void {
    const replacements = places.map((place) => [place, this.path(place)] as const);
    this.write(path, replaceParts(this.read(path), replacements));
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    symlinkSync(target, this.path(path));
  }
}

/** What dpkg records of a package that is installed. */
function recordOf([name, version]: [string, string]): string {
  const fields = { Status: 'install ok installed', Architecture: installableArchitecture() };
  const all = { Package: name, Version: version, Maintainer: 'x', Description: 'x', ...fields };
  return Object.entries(all)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('');
}
