// Line editors for tests, and what is in them.

import { LineEditor } from './lineEditor.ts';
import { LineHistory } from './lineHistory.ts';

const COMMANDS = ['MSGGET', 'MSGSTORE', 'QUIT'];

export function editorWith(lines: string[], ...data: string[]): LineEditor {
  const editor = new LineEditor(new LineHistory(lines));
  editor.startPrompt({ completions: COMMANDS, isSecret: false });
  for (const piece of data) editor.type(piece);
  return editor;
}

export function typed(...data: string[]): LineEditor {
  return editorWith([], ...data);
}

/** The line, with `|` for the cursor. */
export function withCursor({ line: { text, cursor } }: LineEditor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

export function linesOf(editor: LineEditor): string[] {
  const lines: string[] = [];
  for (let line = editor.takeLine(); line !== undefined; line = editor.takeLine()) lines.push(line);
  return lines;
}
