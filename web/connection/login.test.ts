import { expect, test } from 'vitest';
import { loggedInUser } from './login.ts';

test.each([
  ['motd-user=anna', 'anna'],
  ['a=b; motd-user=j%C3%B6rg%20b; c=d', 'jörg b'],
  ['', undefined],
  ['motd-user=', undefined],
  ['not-motd-user=anna', undefined],
  ['motd-user=%', undefined],
])('reads from the cookies %j the user %j', (cookies, user) => {
  expect(loggedInUser(cookies)).toBe(user);
});
