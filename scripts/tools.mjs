// The real programs the tests run beside ours: found, or installed where that is possible.

import { spawnSync } from 'node:child_process';
import { installDebianPackages } from './debian.mjs';

/** @returns {string} An nc that half-closes at the end of its input (-N), as OpenBSD's; else empty. */
export function findNetcat() {
  return findTool('nc', 'netcat-openbsd', () => {
    const { stdout, stderr } = spawnSync('nc', ['-h'], { encoding: 'utf8' });
    return /\s-N\s/.test(`${stdout}${stderr}`);
  });
}

/** @returns {string} A strace that may trace; else empty. */
export function findStrace() {
  return findTool('strace', 'strace', () => {
    return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
  });
}

/**
 * @param {string} name
 * @param {string} debianPackage
 * @param {() => boolean} isFit
 */
function findTool(name, debianPackage, isFit) {
  if (isFit()) return name;
  installDebianPackages(debianPackage);
  if (isFit()) return name;

  console.log(`There is no ${name} here that is fit: the tests that need it are left out.`);
  return '';
}
