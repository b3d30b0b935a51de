import { expect, test } from 'vitest';
import { acceptsJson } from './acceptsJson.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

test.each([
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  ['application/*', true],
  ['application/json, text/plain, */*', true],
  ['text/plain;q=0.5, application/json', true],
  ['text/plain;q=0, */*', true],
  [undefined, false],
  ['*/*', false],
  ['', false],
  [BROWSER, false],
  ['text/plain', false],
  ['text/plain, application/json;q=0.9', false],
  ['application/json;q=0', false],
  ['application/json;q=0, */*', false],
  // There is nothing that the client accepts: it gets the plain text.
  ['image/png', false],
  ['application/jsonp', false],
  [';;,,q=', false],
])('%j prefers JSON: %s', (accept, isJson) => {
  expect(acceptsJson(accept)).toBe(isJson);
});
