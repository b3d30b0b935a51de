import { expect, test } from 'vitest';
import { startBridge } from '../bridge.harness.ts';

const UNMARKED = { isOriginal: false, isTelnet: false, showsColor: false, isReadOnly: false };
const MOTD = { name: 'motd', isDefault: true, ...UNMARKED };
const REDIS = { name: 'redis', isDefault: false, ...UNMARKED };

test('lists the targets, without their addresses', async () => {
  const { port } = await startBridge({ motd: 1, redis: '/run/redis.sock' });
  const response = await fetch(`http://127.0.0.1:${port}/targets.json`);
  expect(await response.json()).toEqual({ targets: [MOTD, REDIS] });
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('describes one target', async () => {
  const { port } = await startBridge({ motd: 1, redis: 2 }, { basePath: '/terminal' });
  const response = await fetch(`http://127.0.0.1:${port}/terminal/targets/redis.json`);
  expect(await response.json()).toEqual({ ...REDIS, hasOthers: true });
});

test('describes the marks of a target', async () => {
  const marks = { isTelnet: true, showsColor: true, isReadOnly: true };
  const { port } = await startBridge({ mud: 1 }, { marks });
  const response = await fetch(`http://127.0.0.1:${port}/targets/mud.json`);
  expect(await response.json()).toEqual({
    ...UNMARKED,
    name: 'mud',
    isDefault: true,
    hasOthers: false,
    ...marks,
  });
});

test('names the command that starts a target together with the bridge', async () => {
  const { port } = await startBridge({ motd: 1 }, { marks: { startCommand: 'npm start' } });
  const response = await fetch(`http://127.0.0.1:${port}/targets/motd.json`);
  expect(await response.json()).toMatchObject({ startCommand: 'npm start' });
});

test('answers 404 for a target that does not exist', async () => {
  const { port } = await startBridge({ motd: 1 });
  const response = await fetch(`http://127.0.0.1:${port}/targets/nobody.json`);
  expect(response.status).toBe(404);
});

test('describes no target without the password', async () => {
  const checkPassword = async () => 'wrong' as const;
  const { port } = await startBridge({ motd: 1 }, { checkPassword });
  for (const path of ['targets.json', 'targets/motd.json'])
    expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(401);
});
