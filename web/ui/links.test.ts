import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LINK, splitLinks } from './links.pure.ts';

function linksIn(text: string): string[] {
  return splitLinks(text).flatMap((part) => (part.isLink ? [part.text] : []));
}

test.each<[text: string, links: string[]]>([
  ['see https://example.org/a?b=c&d#e now', ['https://example.org/a?b=c&d#e']],
  ['HTTP://EXAMPLE.ORG', ['HTTP://EXAMPLE.ORG']],
  ['http://127.0.0.1:8080/', ['http://127.0.0.1:8080/']],
  ['(see https://example.org/a)', ['https://example.org/a']],
  ['Is it https://example.org/a?', ['https://example.org/a']],
  ['“https://example.org/a.” https://b.example!', ['https://example.org/a', 'https://b.example']],
  ['https://example.org/Foo_(bar), and', ['https://example.org/Foo_(bar)']],
  ['<https://example.org/>', ['https://example.org/']],
  ['https://example.org/。次', ['https://example.org/']],
  ['https://例え.jp/漢字', ['https://例え.jp/漢字']],
  ['http://', []],
  ['http://.', []],
  ['javascript:alert(1) data:text/html,x file:///etc/passwd ftp://example.org', []],
  ['www.example.org', []],
  ['', []],
])('finds in %j the links %j', (text, links) => {
  expect(linksIn(text)).toEqual(links);
});

test('keeps the whole text, and links only http and https URLs', () => {
  const piece = fc.oneof(
    fc.constantFrom('https://', 'http://', 'a', '(', ')', '.', ' ', '"', '漢', 'javascript:'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const parts = splitLinks(text);
      expect(parts.map((part) => part.text).join('')).toBe(text);
      for (const part of parts) {
        expect(part.text).not.toBe('');
        if (part.isLink) expect(part.text).toMatch(/^https?:\/\/\S+$/i);
      }
    }),
  );
});

test('has an expression to which xterm’s addon can add the flag g', () => {
  expect(LINK.flags).toBe('i');
});

test.each(['http://', 'http://(', 'http://a(', 'http://....'])(
  'splits a message full of %j without catastrophic backtracking',
  (piece) => {
    const text = piece.repeat(4096 / piece.length);
    expect(
      splitLinks(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  },
);
