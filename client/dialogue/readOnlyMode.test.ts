import { expect, test } from 'vitest';
import { ReadOnlyMode } from './readOnlyMode.ts';

const print = (speaker: string, line: string) => ({ do: 'print', line, speaker });

test('prints its introduction, each line when it has ended, the rest, and why it ended', () => {
  const news = new ReadOnlyMode('read only', false);
  expect(news.start()).toEqual([print('note', '[read only]')]);
  expect(news.received('one\r\ntw')).toEqual([print('server', 'one')]);
  expect(news.received('o\n\x1b[31mthr')).toEqual([print('server', 'two')]);
  expect(news.typed()).toEqual([]);
  expect(news.closed('gone')).toEqual([
    print('server', '^[[31mthr'),
    print('note', '[gone]'),
    { do: 'end', ending: 'lost' },
  ]);
  expect(news.received('late\n')).toEqual([]);
  expect(news.closed('again')).toEqual([]);
});

test('prints no introduction without one', () => {
  expect(new ReadOnlyMode(undefined, false).start()).toEqual([]);
});
