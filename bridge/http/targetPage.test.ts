import { expect, test } from 'vitest';
import { TargetList } from '../relay/targetList.ts';
import type { Target } from '../relay/targets.ts';
import { queryForTarget } from './targetPage.ts';

const ADDRESS = { address: { host: '127.0.0.1', port: 1 } };
const motd: Target = { name: 'motd', ...ADDRESS };
const old: Target = { name: 'old', ...ADDRESS, isOriginal: true };

test.each([
  ['/', '?as=original'],
  ['/?target=', '?target=&as=original'],
  ['/?target=old', '?target=old&as=original'],
  ['/?target=old&as=', '?target=old&as=original'],
  ['/index.html?x=a%20b%ff', '?x=a+b%EF%BF%BD&as=original'],
  ['/?target=motd', undefined],
  ['/?target=gone', undefined],
  ['/?target=old&as=original', undefined],
  ['/?target=old&as=motd', undefined],
  [undefined, '?as=original'],
])('finds the address of %s if the default target is an original server: %s', (url, query) => {
  expect(queryForTarget(url, new TargetList([old, motd]))).toBe(query);
});

test.each([
  ['/', '?as=lines'],
  ['/?as=motd', undefined],
  ['/?target=mud', undefined],
])('finds the address of %s if the default target speaks Telnet: %s', (url, query) => {
  const mud: Target = { name: 'mud', ...ADDRESS, isTelnet: true };
  expect(queryForTarget(url, new TargetList([mud, motd]))).toBe(query);
});

test.each([
  ['/', '?as=lines'],
  ['/?as=motd', undefined],
  ['/?target=redis', undefined],
])('finds the address of %s if the default target has a profile: %s', (url, query) => {
  const redis: Target = { name: 'redis', ...ADDRESS, profileFile: 'redis.json' };
  expect(queryForTarget(url, new TargetList([redis, motd]))).toBe(query);
});

test.each([
  ['/', undefined],
  ['/?target=motd', undefined],
  ['/?target=old', '?target=old&as=original'],
])('finds the address of %s if another target is one: %s', (url, query) => {
  expect(queryForTarget(url, new TargetList([motd, old]))).toBe(query);
});
