import { expect, test } from 'vitest';
import { queryOf } from './requestTarget.ts';

test.each([
  ['/motd?target=b&as=motd', '?target=b&as=motd'],
  ['/motd', ''],
  ['/motd?', '?'],
  ['/motd?a=/b?c', '?a=/b?c'],
  ['/motd?//evil.example', '?//evil.example'],
  ['/motd?a#b', '?a'],
  ['/motd#a?b', ''],
  ['/motd?a b\tc', '?a%20b%09c'],
  ['/motd?\r\nSet-Cookie:x', '?%0D%0ASet-Cookie:x'],
  ['/motd?\xc3\xa4', '?%C3%A4'],
  ['/motd?%C3%A4%0d%0a', '?%C3%A4%0d%0a'],
  [undefined, ''],
])('finds in %j the query %j', (url, query) => {
  expect(queryOf(url)).toBe(query);
});
