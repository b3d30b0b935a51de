import { expect, test } from 'vitest';
import { table } from '../page/terminal.harness.ts';
import { wrapWords } from './wrapWords.ts';

const NOTE = '[redis refused the connection: is it running? (1014)]';

test.each([
  ['a text that is shorter than a row', NOTE, 80, [NOTE]],
  ['a text of exactly a row', NOTE, NOTE.length, [NOTE]],
  [
    'a text of one cell more',
    NOTE,
    NOTE.length - 1,
    ['[redis refused the connection: is it running?', '(1014)]'],
  ],
  ['words', NOTE, 20, ['[redis refused the', 'connection: is it', 'running? (1014)]']],
  ['a word longer than a row', 'a connection b', 4, ['a', 'connection', 'b']],
  ['spaces between words', 'GET  SET  DEL', 9, ['GET  SET', 'DEL']],
  ['wide characters, by their cells', '漢字 漢字', 8, ['漢字', '漢字']],
  ['nothing', '', 20, ['']],
])('wraps %s', (_what, text, columns, rows) => {
  expect(wrapWords(text, columns, table)).toEqual(rows);
});
