import { expect, test } from 'vitest';
import { targetOf } from './target.ts';

test.each([
  ['http://127.0.0.1:8080/', undefined, true, 'ws://127.0.0.1:8080/ws'],
  ['http://127.0.0.1:8080/#x', undefined, true, 'ws://127.0.0.1:8080/ws'],
  ['https://motd.example/motd/', undefined, true, 'wss://motd.example/motd/ws'],
  ['https://motd.example/motd/?target=', undefined, true, 'wss://motd.example/motd/ws'],
  ['http://localhost/?target=redis', 'redis', false, 'ws://localhost/ws/redis'],
  ['http://localhost/motd/?target=redis', 'redis', false, 'ws://localhost/motd/ws/redis'],
  ['http://localhost/?target=staff&as=motd', 'staff', true, 'ws://localhost/ws/staff'],
  ['http://localhost/?target=../x%3fy', '../x?y', false, 'ws://localhost/ws/..%2Fx%3Fy'],
])('%s', (page, name, isMessageServer, url) => {
  const target = targetOf(new URL(page));
  expect({ ...target, url: target.url.href }).toEqual({ name, isMessageServer, url });
});
