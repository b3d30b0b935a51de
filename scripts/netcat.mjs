// A real nc for the tests: one that half-closes at the end of its input (-N), as OpenBSD's does.

import { spawnSync } from 'node:child_process';
import { installDebianPackages } from './debian.mjs';

/** @returns {string} Its name; empty where there is none and none can be installed. */
export function findNetcat() {
  if (canHalfClose()) return 'nc';
  installDebianPackages('netcat-openbsd');
  if (canHalfClose()) return 'nc';

  console.log('There is no nc with -N here: the tests that need it are left out.');
  return '';
}

function canHalfClose() {
  const { stdout, stderr } = spawnSync('nc', ['-h'], { encoding: 'utf8' });
  return /\s-N\s/.test(`${stdout}${stderr}`);
}
