import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { warningsAbout } from './secretFiles.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-secret-'));
  file = join(folder, 'key.pem');
  writeFileSync(file, 'secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is wrong with a file of this mode. */
function warning(mode: number, isSecret: boolean): string {
  chmodSync(file, mode);
  return warningsAbout(file, '--tls-key', { isSecret }).join('\n');
}

describe.skipIf(process.platform === 'win32')('warns of', () => {
  test.each([
    [0o644, 'read', '0644'],
    [0o604, 'read', '0604'],
    [0o640, 'read', '0640'],
    [0o620, 'write', '0620'],
    [0o602, 'write', '0602'],
    [0o666, 'write', '0666'],
  ])('a secret of mode %o', (mode, verb, shown) => {
    expect(warning(mode, true)).toBe(
      `others may ${verb} ${file} (mode ${shown}); check --tls-key, and run: chmod go= ${file}`,
    );
  });

  test.each([0o600, 0o400, 0o700])('no secret of mode %o', (mode) => {
    expect(warning(mode, true)).toBe('');
  });

  test('a certificate only if others may write it', () => {
    expect(warning(0o644, false)).toBe('');
    expect(warning(0o646, false)).toMatch(/others may write .* chmod go-w /);
  });

  test.skipIf(process.getuid?.() !== 0)('a file of another user', () => {
    chownSync(file, 65534, 65534);
    expect(warning(0o600, true)).toMatch(
      /belongs to another user, who may change it; check --tls-key$/,
    );
  });
});
