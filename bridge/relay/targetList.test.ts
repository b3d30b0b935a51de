import { expect, test } from 'vitest';
import { TargetList } from './targetList.ts';
import type { Target } from './targets.ts';

const motd: Target = { name: 'motd', address: { host: '127.0.0.1', port: 1 } };
const redis: Target = { name: 'redis', address: { path: '/redis' } };

test('finds a target by its name, and the default target without one', () => {
  const targets = new TargetList([motd, redis]);
  expect(targets.find('redis')).toBe(redis);
  expect(targets.find()).toBe(motd);
  expect(targets.find('nobody')).toBeUndefined();
});

test('finds only the new targets once it is replaced', () => {
  const targets = new TargetList([motd]);
  let seen = targets.default;
  targets.onReplace(() => {
    seen = targets.default;
  });
  targets.replace([redis]);
  expect(seen).toBe(redis);
  expect(targets.default).toBe(redis);
  expect(targets.find('motd')).toBeUndefined();
});
