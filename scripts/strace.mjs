// A real strace for the tests that look at system calls, or put errors in their place.

import { spawnSync } from 'node:child_process';
import { installDebianPackages } from './debian.mjs';

/** @returns {string} Its name; empty where there is none that may trace, and none can be installed. */
export function findStrace() {
  if (canTrace()) return 'strace';
  installDebianPackages('strace');
  if (canTrace()) return 'strace';

  console.log('There is no strace here that may trace: the tests that need it are left out.');
  return '';
}

function canTrace() {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
}
