// The marks in a headless xterm.js, which has markers, but draws nothing.

import { expect, test } from 'vitest';
import { LinePainter } from '../editor/linePainter.ts';
import { styled } from './lineStyle.ts';
import { makeTerminal, table, write } from './terminal.harness.ts';
import { trackMarks } from './transcriptMarks.ts';

const ROWS = 10;
const SIZE = { columns: 40, rows: ROWS };

class MarkedTerminal {
  readonly #terminal = makeTerminal(SIZE.columns, SIZE.rows);
  readonly #painter = new LinePainter(table);
  readonly #marks: { name: string; marker: { line: number; isDisposed: boolean } }[] = [];

  constructor() {
    trackMarks(this.#terminal, (name, marker) => this.#marks.push({ name, marker }));
  }

  /** The marks, each with the text of its row. */
  get marks(): string[] {
    return this.#marks
      .filter(({ marker }) => !marker.isDisposed)
      .map(({ name, marker }) => `${name} ${this.#rowAt(marker.line)}`);
  }

  write(text: string): Promise<void> {
    return write(this.#terminal, text);
  }

  print(...lines: string[]): Promise<void> {
    return this.write(lines.map((line) => styled([line], 'message')).join(''));
  }

  type(text: string): Promise<void> {
    return this.write(this.#painter.draw(lineOf(text), SIZE));
  }

  erase(): Promise<void> {
    return this.write(this.#painter.erase());
  }

  complete(text: string): Promise<void> {
    return this.write(this.#painter.erase() + this.#painter.drawFinal(lineOf(text), SIZE));
  }

  #rowAt(line: number): string {
    return this.#terminal.buffer.active.getLine(line)?.translateToString(true) ?? '';
  }
}

function lineOf(text: string) {
  return { prompt: '> ', text, cursor: text.length, startsExchange: true };
}

test('marks each exchange at its prompt, but not the first row', async () => {
  const terminal = new MarkedTerminal();
  await terminal.complete('first');
  await terminal.print('reply');
  await terminal.complete('second, on more rows than one of the screen');
  await terminal.complete('third');
  expect(terminal.marks).toEqual([
    'exchange > second, on more rows than one of the s',
    'exchange > third',
  ]);
});

test('marks the prompt being typed once, however often it is drawn', async () => {
  const terminal = new MarkedTerminal();
  await terminal.print('reply');
  for (const text of ['M', 'MSG', 'MS', 'MSGGET']) await terminal.type(text);
  expect(terminal.marks).toEqual(['exchange > MSGGET']);
});

test('moves that mark with the prompt when a line is printed above it', async () => {
  const terminal = new MarkedTerminal();
  await terminal.print('reply');
  await terminal.type('half');
  await terminal.erase();
  expect(terminal.marks).toEqual([]);
  await terminal.print('a new message');
  await terminal.type('half');
  expect(terminal.marks).toEqual(['exchange > half']);
});

test('marks a reply that reports a failure, and no other line', async () => {
  const terminal = new MarkedTerminal();
  await terminal.write(styled(['Server: 200 OK'], 'server', 'success'));
  await terminal.write(styled(['Server: 300 PASSWORD REQUIRED'], 'server', 'question'));
  await terminal.write(styled(['Server: 301 WRONG PASSWORD'], 'server', 'failure'));
  await terminal.print('400 UNKNOWN COMMAND');
  expect(terminal.marks).toEqual(['failure Server: 301 WRONG PASSWORD']);
});

test('drops a mark with its row', async () => {
  const terminal = new MarkedTerminal();
  await terminal.print('reply');
  await terminal.complete('old');
  await terminal.print(...Array.from({ length: 1000 + ROWS }, (_, index) => `line ${index}`));
  await terminal.complete('new');
  expect(terminal.marks).toEqual(['exchange > new']);
});

test('clearing the terminal drops every mark', async () => {
  const terminal = new MarkedTerminal();
  await terminal.print(...Array.from({ length: 2 * ROWS }, () => 'reply'));
  await terminal.complete('old');
  await terminal.write(styled(['Server: 400 NO TEXT'], 'server', 'failure'));
  await terminal.type('half');
  await terminal.erase();
  await terminal.write('\x1b[H\x1b[2J\x1b[3J');
  await terminal.type('half');
  expect(terminal.marks).toEqual([]);
});
