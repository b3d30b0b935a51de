// Applies random keys, output and resizes to a line, and compares the editor with what a headless
// xterm.js shows: the line, the cursor, and the lines above.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quickOrFull } from '../../testing/scale.ts';
import { makeTerminal, screenOf, table, write } from '../page/terminal.harness.ts';
import { linesOf } from '../page/transcript.ts';
import { LineEditor } from './lineEditor.ts';
import { LineHistory } from './lineHistory.ts';
import { layOut, type PromptLine } from './lineLayout.ts';
import { LinePainter } from './linePainter.ts';

const SEQUENCES = quickOrFull(500, 10_000);

type EditStep =
  | { does: 'type'; data: string }
  /** Output from the server while the line is being edited. */
  | { does: 'print'; line: string }
  | { does: 'resize'; columns: number; rows: number };

const keys = fc.constantFrom(
  ...[
    '\x1b[D',
    '\x1b[C',
    '\x1b[H',
    '\x1b[F',
    '\x1b[A',
    '\x1b[B',
    '\x1b[1;5D',
    '\x1b[1;5C',
    '\x7f',
    '\x1b[3~',
  ],
  ...['\x01', '\x05', '\x0b', '\x15', '\x17', '\x19', '\x12', '\x1b', '\x07', '\t', '\r', '\x03'],
);
const text = fc.oneof(
  fc.constantFrom(
    'a',
    'MSG',
    'word and word',
    '漢字',
    '👩🏽‍💻',
    'e\u0301',
    '🇩🇪',
    'שלום',
    '\u0301',
    '❤\ufe0f',
    '한국어',
  ),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.nat({ max: 300 }).map((length) => 'long '.repeat(length / 5)),
  fc.string({ unit: 'binary', maxLength: 5 }).map((paste) => `\x1b[200~${paste}\x1b[201~`),
);
const columns = fc.integer({ min: 2, max: 200 });
const rows = fc.integer({ min: 2, max: 30 });
const step: fc.Arbitrary<EditStep> = fc.oneof(
  { weight: 6, arbitrary: keys.map((data) => ({ does: 'type', data }) as const) },
  { weight: 6, arbitrary: text.map((data) => ({ does: 'type', data }) as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('news', '今日は').map((line) => ({ does: 'print', line }) as const),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('resize' as const), columns, rows }) },
);

/** The line editor on a terminal, connected like in web/page/screen.ts. */
class EditorOnTerminal {
  readonly terminal;
  readonly #editor = new LineEditor(new LineHistory(['MSGGET', 'an earlier line', '漢字']));
  readonly #painter = new LinePainter(table);
  /** Every line above the one being typed. */
  readonly printed: string[] = [];
  #output = '';

  constructor(columns: number, rows: number) {
    this.terminal = makeTerminal(columns, rows);
    this.#editor.startPrompt({ completions: ['MSGGET', 'MSGSTORE'], isSecret: false });
    this.#draw();
  }

  get promptLine(): PromptLine {
    const { line, search } = this.#editor;
    return { prompt: search ? `(${search.query}): ` : 'Enter: ', ...line };
  }

  async do(step: EditStep): Promise<void> {
    switch (step.does) {
      case 'type':
        this.#editor.type(step.data);
        this.#takeLines();
        break;
      case 'print':
        this.#output += `${this.#painter.erase()}${step.line}\r\n`;
        this.printed.push(step.line);
        break;
      case 'resize':
        this.#output += this.#painter.erase();
        await this.flush();
        this.terminal.resize(step.columns, step.rows);
        break;
    }
    this.#draw();
  }

  async flush(): Promise<void> {
    const output = this.#output;
    this.#output = '';
    await write(this.terminal, output);
  }

  #takeLines(): void {
    for (let line = this.#editor.takeLine(); line !== undefined; line = this.#editor.takeLine()) {
      const promptLine = { prompt: 'Enter: ', text: line, cursor: line.length };
      this.#output += this.#painter.erase() + this.#painter.drawFinal(promptLine, this.#size);
      this.printed.push(textOf(promptLine, this.#size.columns));
    }
  }

  #draw(): void {
    this.#output += this.#painter.draw(this.promptLine, this.#size);
  }

  get #size(): { columns: number; rows: number } {
    return { columns: this.terminal.cols, rows: this.terminal.rows };
  }
}

function textOf(line: PromptLine, columns: number): string {
  const { rows } = layOut(line, columns, table);
  return rows.map((row) => row.prompt + row.text).join('');
}

async function expectConsistent(editor: EditorOnTerminal): Promise<void> {
  await editor.flush();
  const { terminal, promptLine } = editor;
  const layout = layOut(promptLine, terminal.cols, table);
  const { baseY, cursorX, cursorY } = terminal.buffer.active;
  const height = Math.min(layout.rows.length, terminal.rows);
  const line = layout.rows.map((row) => `${row.prompt}${row.text}`.trimEnd());
  const screen = screenOf(terminal);

  // Derive the rows of the line in view from the row of the cursor.
  expect(cursorX).toBe(layout.cursor.column);
  const firstInView = layout.cursor.row - cursorY;
  const top = layout.rows.length <= terminal.rows ? -firstInView : 0;
  const hiddenRows = Math.max(0, firstInView);
  expect(screen.slice(top, top + height)).toEqual(line.slice(hiddenRows, hiddenRows + height));
  expect(screen.slice(top + height).join('')).toBe('');

  const above = linesOf(terminal.buffer.active);
  const expected = editor.printed.map((text) => text.trimEnd());
  const rowsAbove = baseY + top;
  expect(rowsAbove).toBeGreaterThanOrEqual(0);
  expect(above.slice(0, expected.length)).toEqual(expected);
}

test('keeps the line, the cursor and the lines above on the screen, whatever happens', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      columns,
      rows,
      fc.array(step, { maxLength: 12 }),
      async (width, height, steps) => {
        const editor = new EditorOnTerminal(width, height);
        for (const one of steps) {
          await editor.do(one);
          if (one.does === 'resize') await expectConsistent(editor);
        }
        await expectConsistent(editor);
      },
    ),
    { numRuns: SEQUENCES },
  );
});
