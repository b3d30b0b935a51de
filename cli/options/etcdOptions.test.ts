import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { etcdCredentialsOf } from './etcdOptions.ts';

test.each(['secret', 'secret\n', 'secret\r\n', '\ufeffsecret\r\n', 'secret\n# a comment\n'])(
  'reads the etcd password from the first line of its file: %j',
  (text) => {
    const folder = mkdtempSync(join(tmpdir(), 'motd-etcd-options-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'password');
    writeFileSync(file, text, { mode: 0o600 });
    expect(etcdCredentialsOf({ etcdUser: 'motd', etcdPasswordFile: file }).auth).toEqual({
      user: 'motd',
      password: 'secret',
    });
  },
);
