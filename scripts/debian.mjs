// Installs Debian packages for the tests, if this is Debian or a derivative and this process runs
// as root.

import { spawnSync } from 'node:child_process';

/**
 * @param {...string} packages
 * @returns {boolean} Whether they are installed now.
 */
export function installDebianPackages(...packages) {
  if (process.getuid?.() !== 0 || apt('--version') !== 0) return false;
  console.log(`Installing Debian packages: ${packages.join(', ')} …`);
  apt('update');
  return apt('install', '-y', '--no-install-recommends', ...packages) === 0;
}

/** @param {...string} args */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env })
    .status;
}
