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
  ['/?target=gone&as=motd', '?target=gone'],
  ['/?target=gone&as=original', '?target=gone'],
  ['/?target=old&as=original', undefined],
  ['/?target=old&as=motd', undefined],
  [undefined, '?as=original'],
])('finds the address of %s if the default target is an original server: %s', (url, query) => {
  expect(queryForTarget(url, new TargetList([old, motd]))).toBe(query);
});

test.each<[string, Target]>([
  ['is not named motd', { name: 'redis', ...ADDRESS }],
  ['is named otherwise, and gets a PROXY header', { name: 'MOTD', ...ADDRESS, proxyVersion: 1 }],
  ['speaks Telnet', { name: 'motd', ...ADDRESS, isTelnet: true }],
  ['has colors', { name: 'motd', ...ADDRESS, showsColor: true }],
  ['is read only', { name: 'motd', ...ADDRESS, isReadOnly: true }],
  ['has a profile', { name: 'motd', ...ADDRESS, profileFile: 'motd.json' }],
])('redirects to line mode from / alone if the default target %s', (_, target) => {
  const targets = new TargetList([target, { name: 'other', ...ADDRESS }]);
  expect(queryForTarget('/', targets)).toBe('?as=lines');
  expect(queryForTarget('/?target=', targets)).toBe('?target=&as=lines');
  for (const query of ['as=motd', `target=${target.name}`, 'target=other'])
    expect(queryForTarget(`/?${query}`, targets), query).toBeUndefined();
});

test.each([
  ['/', undefined],
  ['/?target=motd', undefined],
  ['/?target=old', '?target=old&as=original'],
])('finds the address of %s if another target is one: %s', (url, query) => {
  expect(queryForTarget(url, new TargetList([motd, old]))).toBe(query);
});
