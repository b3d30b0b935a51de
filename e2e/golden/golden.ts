// The six cases of the original's own test table, kept once and run at every level. In a file, `⟶`
// marks what the user types; the server's console for the same conversation follows. PORT and PEER
// stand for the two port numbers.

import { readdirSync, readFileSync } from 'node:fs';

export interface Golden {
  name: string;
  /** The screen at the end, typed text included. */
  screen: string;
  /** The lines the user types. */
  typed: string[];
  /** Everything the server sends: every reply, each line with its LF. */
  replies: string;
  /** Whether the conversation continues after the case: the screen ends with a prompt. */
  isOpen: boolean;
  /** The lines of the server's console. */
  console: string[];
}

const TYPED = '⟶';

export const goldens: readonly Golden[] = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.txt'))
  .sort()
  .map(readGolden);

/** The console's lines for known ports. */
export function consoleOf(golden: Golden, port: number, peerPort: number | string): string[] {
  return golden.console.map((line) =>
    line.replace('PORT', String(port)).replace('PEER', String(peerPort)),
  );
}

function readGolden(file: string): Golden {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const [dialogue = '', log = ''] = text.split('--- console\n');
  const lines = dialogue.trimEnd().split('\n');
  const isOpen = !lines.at(-1)?.startsWith('Server: ');
  return {
    name: file.replace('.txt', ''),
    screen: dialogue.replaceAll(TYPED, '').replace(/\n$/, isOpen ? '' : '\n'),
    typed: lines.filter((line) => line.includes(TYPED)).map((line) => line.split(TYPED)[1] ?? ''),
    replies: repliesIn(isOpen ? lines.slice(0, -1) : lines),
    isOpen,
    console: log.trimEnd().split('\n'),
  };
}

function repliesIn(lines: string[]): string {
  const replies = lines.filter((line) => !line.includes(TYPED) && !line.startsWith('Client: '));
  return replies.map((line) => `${line.replace('Server: ', '')}\n`).join('');
}
