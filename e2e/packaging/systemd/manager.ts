// The units of deploy/systemd under a real systemd, in a machine of its own. They run as they are,
// except for the paths of Node and the settings, and free ports.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { replaceParts } from '../../../testing/docs.ts';
import { Program } from '../../../testing/programs.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const UNITS = join(ROOT, 'deploy/systemd');
export const SERVICES = ['motd-server.service', 'motd-bridge.service'] as const;
const SCRIPT = fileURLToPath(new URL('manager.sh', import.meta.url));
const SYSTEMD = '/lib/systemd/systemd';

const POLL_INTERVAL_MS = 50;

/** The targets that the units name; a machine without all of systemd may lack their files. */
const TARGETS = [
  'basic',
  'multi-user',
  'network',
  'network-online',
  'shutdown',
  'sockets',
  'sysinit',
];

/** Whether this machine can run a systemd in namespaces of its own. */
export function canRunManager(): boolean {
  const flags = ['--pid', '--fork', '--mount', '--mount-proc', '--cgroup', '--uts', '--ipc'];
  const { status } = spawnSync('unshare', [...flags, 'true'], { stdio: 'ignore' });
  return status === 0 && process.getuid?.() === 0 && existsSync(SYSTEMD);
}

export interface ManagedSettings {
  port: number;
  httpPort: number;
  password: string;
  storePassword: string;
}

export class Manager {
  readonly #folder: string;
  readonly #pid: string;

  private constructor(folder: string, pid: string) {
    this.#folder = folder;
    this.#pid = pid;
  }

  /** Starts systemd with the units loaded, and none of them started. */
  static async start(folder: string, settings: ManagedSettings): Promise<Manager> {
    layOut(folder, settings);
    const program = new Program('sh', [SCRIPT, ROOT, process.execPath, folder]);
    const [, pid = ''] = await program.waitForOutput(/^manager (\d+)$/m);
    const manager = new Manager(folder, pid);
    while (manager.systemctl('is-active', 'basic.target') !== 'active')
      await setTimeout(POLL_INTERVAL_MS);
    return manager;
  }

  /** The arguments of nsenter that run a command in the machine. */
  nsenterArguments(...command: string[]): string[] {
    return ['--target', this.#pid, '--mount', '--pid', ...command];
  }

  /** @returns Its output, even if it fails. */
  systemctl(...args: string[]): string {
    return this.#run(...args).stdout.trim();
  }

  /** Runs a program in the machine, as a package's scripts are run. @throws If it fails. */
  run(...command: string[]): void {
    const env = { ...process.env, DPKG_ROOT: '' };
    const { status, stderr } = spawnSync('nsenter', this.nsenterArguments(...command), {
      encoding: 'utf8',
      env,
    });
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  }

  /** Starts, stops or restarts a unit. @throws With the output of the services, if that fails. */
  do(...args: string[]): void {
    const { status, stderr } = this.#run(...args);
    if (status !== 0) throw new Error(`${stderr}${this.output('server')}${this.output('bridge')}`);
  }

  #run(...args: string[]) {
    return spawnSync('nsenter', this.nsenterArguments('systemctl', ...args), { encoding: 'utf8' });
  }

  property(unit: string, name: string): string {
    return this.systemctl('show', '--value', '--property', name, unit);
  }

  /** Everything that a service has written. */
  output(service: 'server' | 'bridge'): string {
    return readFileSync(join(this.#folder, 'etc', `${service}.out`), 'utf8');
  }

  /** Changes a settings file, as an operator does. */
  configure(service: 'server' | 'bridge', settings: Record<string, string | number>): void {
    writeEnvironment(join(this.#folder, 'etc', `${service}.env`), settings);
  }

  /** Installs a file in /etc/motd-terminal that only root can read. */
  install(name: string, text: string): void {
    writeFileSync(join(this.#folder, 'etc', name), text, { mode: 0o600 });
  }

  /** Changes a unit by a drop-in of deploy/systemd. */
  dropIn(unit: string, name: string): void {
    writeUnit(join(this.#folder, 'units', `${unit}.d`), name, PLACES);
    this.do('daemon-reload');
  }
}

/** The files that are mounted in place of those that the units name. */
const PLACES = [
  ['/usr/bin/node', '/opt/node'],
  ['/etc/motd-terminal', '/run/motd'],
] as const;

function layOut(folder: string, settings: ManagedSettings): void {
  const units = join(folder, 'units');
  const etc = join(folder, 'etc');
  for (const path of [units, etc]) mkdirSync(path, { recursive: true });
  for (const target of TARGETS) {
    const text = `[Unit]\nDescription=${target}\nDefaultDependencies=no\n`;
    writeFileSync(join(units, `${target}.target`), text);
  }
  writeUnit(units, 'motd-server.socket', [['=26310', `=127.0.0.1:${settings.port}`]]);
  for (const service of ['server', 'bridge'] as const) {
    writeUnit(units, `motd-${service}.service`, PLACES);
    const output = `append:/run/motd/${service}.out`;
    mkdirSync(join(units, `motd-${service}.service.d`));
    writeFileSync(
      join(units, `motd-${service}.service.d`, 'output.conf'),
      `[Service]\nStandardOutput=${output}\nStandardError=${output}\n`,
    );
    writeFileSync(join(etc, `${service}.out`), '');
  }
  writeHash(join(etc, 'shutdown.hash'), settings.password);
  writeHash(join(etc, 'store.hash'), settings.storePassword);
  writeEnvironment(join(etc, 'server.env'), { MOTD_HOST: '127.0.0.1', MOTD_PORT: settings.port });
  writeEnvironment(join(etc, 'bridge.env'), {
    MOTD_TARGET: `motd=127.0.0.1:${settings.port}+proxy`,
    MOTD_HTTP_PORT: settings.httpPort,
  });
}

function writeUnit(
  folder: string,
  name: string,
  replacements: readonly (readonly [string, string])[],
) {
  writeFileSync(
    join(folder, name),
    replaceParts(readFileSync(join(UNITS, name), 'utf8'), replacements),
  );
}

function writeEnvironment(file: string, settings: Record<string, string | number>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''));
}

/** As an operator creates it: no other user can read it, not even the one of the server. */
function writeHash(file: string, password: string): void {
  const motd = [join(ROOT, 'dist/cli/main.js'), 'hash-password'];
  const { stdout } = spawnSync(process.execPath, motd, { input: `${password}\n` });
  writeFileSync(file, stdout);
  chmodSync(file, 0o600);
}
