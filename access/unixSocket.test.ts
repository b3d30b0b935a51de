import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { staleSocket } from '../testing/staleSocket.ts';
import { listenOnSocketFile } from './unixSocket.ts';

function freePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'motd-socket-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 's');
}

async function bind(path: string, whileBound = () => {}): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  onTestFinished(() => void server.close());
  server.listen({ path });
  await once(server, 'listening');
  whileBound();
  return server;
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

test.each([0o600, 0o660, 0o666])(
  'gives the file the mode %o, after it was private',
  async (mode) => {
    const path = freePath();
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    let before: number | undefined;
    await listenOnSocketFile({ path, mode }, () =>
      bind(path, () => {
        before = modeOf(path);
      }),
    );
    expect(before).toBe(0o700);
    expect(modeOf(path)).toBe(mode);
    expect(process.umask()).toBe(0);
  },
);

test('replaces the file of a process that was killed', async () => {
  const path = freePath();
  await staleSocket(path);
  await listenOnSocketFile({ path, mode: 0o660 }, () => bind(path));
  expect(modeOf(path)).toBe(0o660);
});

test('leaves the socket of a process that listens', async () => {
  const path = freePath();
  const server = await bind(path);
  await expect(listenOnSocketFile({ path, mode: 0o660 }, () => bind(path))).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  expect(server.listening).toBe(true);
  expect(statSync(path).isSocket()).toBe(true);
});

test.each([
  ['a file', (path: string) => writeFileSync(path, 'precious')],
  ['a folder', (path: string) => void mkdirSync(path)],
  ['a symbolic link', (path: string) => symlinkSync('/nowhere', path)],
])('leaves %s', async (_what, create) => {
  const path = freePath();
  create(path);
  await expect(listenOnSocketFile({ path, mode: 0o660 }, () => bind(path))).rejects.toMatchObject({
    code: 'ENOTSOCK',
  });
});

test('reports a folder that does not exist, and restores the umask after a failure', async () => {
  const path = join(freePath(), 's');
  const umask = process.umask();
  const missing = listenOnSocketFile({ path, mode: 0o660 }, () => bind(path));
  await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
  const failing = listenOnSocketFile({ path: freePath(), mode: 0o660 }, () =>
    Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  expect(process.umask()).toBe(umask);
});
