import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { pageTitle, targetFromUrl } from './pageTarget.ts';

test.each([
  ['http://127.0.0.1:8080/', undefined, 'motd', 'ws://127.0.0.1:8080/ws?notices'],
  ['http://127.0.0.1:8080/#x', undefined, 'motd', 'ws://127.0.0.1:8080/ws?notices'],
  ['https://motd.example/motd/', undefined, 'motd', 'wss://motd.example/motd/ws?notices'],
  ['https://motd.example/motd/?target=', undefined, 'motd', 'wss://motd.example/motd/ws?notices'],
  ['http://localhost/?as=', undefined, 'motd', 'ws://localhost/ws?notices'],
  ['http://localhost/?as=original', undefined, 'original', 'ws://localhost/ws?notices'],
  ['http://localhost/?target=old&as=original', 'old', 'original', 'ws://localhost/ws/old?notices'],
  ['http://localhost/?target=redis', 'redis', 'lines', 'ws://localhost/ws/redis?notices'],
  ['http://localhost/motd/?target=redis', 'redis', 'lines', 'ws://localhost/motd/ws/redis?notices'],
  ['http://localhost/?target=staff&as=motd', 'staff', 'motd', 'ws://localhost/ws/staff?notices'],
  ['http://localhost/?target=a&target=b', 'a', 'lines', 'ws://localhost/ws/a?notices'],
  [
    `http://localhost/?target=${'a'.repeat(32)}`,
    'a'.repeat(32),
    'lines',
    `ws://localhost/ws/${'a'.repeat(32)}?notices`,
  ],
])('reads the target from %s', (page, name, as, url) => {
  const target = targetFromUrl(new URL(page));
  expect({ ...target, url: target?.url.href }).toEqual({ name, as, url });
});

test.each([
  'Your session has expired. Call 0800 123456',
  '<img src=x onerror=alert(1)>',
  '../x?y',
  'a/../../ws',
  'motd\n',
  'motd ',
  ' ',
  '_motd',
  '-motd',
  'm\u043etd',
  'motd\u202e',
  '\u{1b}[2J',
  'a'.repeat(33),
])('rejects the name %j', (name) => {
  expect(targetFromUrl(new URL(`http://localhost/?target=${encodeURIComponent(name)}`))).toBe(
    undefined,
  );
});

test('has the same rule for names as the bridge', async () => {
  const source = await readFile(new URL('../../bridge/relay/targets.ts', import.meta.url), 'utf8');
  const [, form = ''] = /NAME = \/(.*?)\/;/.exec(source) ?? [];
  expect(await readFile(new URL('pageTarget.ts', import.meta.url), 'utf8')).toContain(
    `/^${form}$/`,
  );
});

test.each([
  ['http://localhost/', 'Message of the day'],
  ['http://localhost/?target=motd_is_down_call_0800', 'Target “motd_is_down_call_0800”'],
])('titles the page %s with its own text, or with a name in quotation marks', (page, title) => {
  const target = targetFromUrl(new URL(page));
  expect(target && pageTitle(target)).toBe(title);
});
