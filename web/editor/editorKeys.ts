// What xterm.js gives for keys and pastes, as keys of the line editor. Pure.
//
// The sequences are those of xterm (ctlseqs, "PC-Style Function Keys"); what the keys do is what
// they do in readline(3) and in every shell. A key that means nothing here is left out.

/** What stands on the line, and what does not: a motion, or what a motion takes away. */
export type EditorKey =
  | { key: 'text'; text: string }
  | { key: 'move'; to: MotionName }
  /** `kill` keeps what it takes for `yank`. */
  | { key: 'delete' | 'kill'; to: MotionName }
  | { key: EditorCommand };

export type MotionName =
  | 'left'
  | 'right'
  | 'wordLeft'
  | 'wordRight'
  | 'blankLeft'
  | 'start'
  | 'end';

export type EditorCommand =
  | 'enter'
  | 'yank'
  | 'previous'
  | 'next'
  | 'search'
  | 'complete'
  | 'interrupt'
  | 'deleteOrLeave'
  | 'clearScreen'
  | 'abort'
  | 'escape';

const KEYS: Readonly<Record<string, EditorKey>> = {
  '\r': { key: 'enter' },
  '\n': { key: 'enter' },
  '\t': { key: 'complete' },
  '\x01': { key: 'move', to: 'start' }, // Ctrl-A
  '\x02': { key: 'move', to: 'left' }, // Ctrl-B
  '\x03': { key: 'interrupt' }, // Ctrl-C
  '\x04': { key: 'deleteOrLeave' }, // Ctrl-D
  '\x05': { key: 'move', to: 'end' }, // Ctrl-E
  '\x07': { key: 'abort' }, // Ctrl-G
  // Ctrl-Backspace, which takes a word wherever else one types in a browser. Ctrl-H is the same to
  // xterm.
  '\b': { key: 'kill', to: 'wordLeft' },
  '\v': { key: 'kill', to: 'end' }, // Ctrl-K
  '\f': { key: 'clearScreen' }, // Ctrl-L
  '\x0e': { key: 'next' }, // Ctrl-N
  '\x10': { key: 'previous' }, // Ctrl-P
  '\x12': { key: 'search' }, // Ctrl-R
  '\x15': { key: 'kill', to: 'start' }, // Ctrl-U
  '\x17': { key: 'kill', to: 'blankLeft' }, // Ctrl-W
  '\x19': { key: 'yank' }, // Ctrl-Y
  '\x1b': { key: 'escape' },
  '\x7f': { key: 'delete', to: 'left' }, // Backspace
  '\x1b\x7f': { key: 'kill', to: 'wordLeft' }, // Alt-Backspace
  '\x1b\b': { key: 'kill', to: 'wordLeft' },
  '\x1bb': { key: 'move', to: 'wordLeft' }, // Alt-B
  '\x1bf': { key: 'move', to: 'wordRight' }, // Alt-F
  '\x1bd': { key: 'kill', to: 'wordRight' }, // Alt-D
};

// CSI, or SS3 where the cursor keys are in application mode.
const FUNCTION_KEYS: Readonly<Record<string, EditorKey>> = {
  A: { key: 'previous' },
  B: { key: 'next' },
  C: { key: 'move', to: 'right' },
  D: { key: 'move', to: 'left' },
  H: { key: 'move', to: 'start' },
  F: { key: 'move', to: 'end' },
  '1~': { key: 'move', to: 'start' },
  '7~': { key: 'move', to: 'start' },
  '4~': { key: 'move', to: 'end' },
  '8~': { key: 'move', to: 'end' },
  '3~': { key: 'delete', to: 'right' },
};

// The same with Ctrl or Alt held.
const MODIFIED_KEYS: Readonly<Record<string, EditorKey>> = {
  ...FUNCTION_KEYS,
  C: { key: 'move', to: 'wordRight' },
  D: { key: 'move', to: 'wordLeft' },
  '3~': { key: 'kill', to: 'wordRight' },
};

/**
 * Shift alone; all other modifiers hold Ctrl, Alt or Meta (ctlseqs: 1 is none, the rest add to it).
 */
const SHIFT = '2';

// The text itself may hold the very same: xterm.js gives a paste whole, and nothing with it.
const PASTE_END = /\x1b\[201~$/;

// One of: a bracketed paste, CSI, a string (DCS, SOS, OSC, PM, APC: no key, only a terminal's own
// answer), SS3, Alt and a key, a control character, text.
const TOKEN =
  /\x1b\[200~(?<paste>[\s\S]*)|\x1b\[(?<parameters>[0-?]*)[ -/]*(?<final>[@-~])|\x1b[PX\]^_][\s\S]*?(?:\x1b\\|\x07|$)|\x1bO(?<ss3>.)|\x1b[\s\S]?|\r\n|[\0-\x1f\x7f]|[^\0-\x1f\x7f]+/gu;

/**
 * Reads what was typed or pasted.
 *
 * @param data What xterm's `onData` gives: characters, the sequences of keys, pastes in brackets
 *   (mode 2004).
 */
export function* readKeys(data: string): Generator<EditorKey, void> {
  for (const { 0: token, groups = {} } of data.matchAll(TOKEN)) {
    const { paste, parameters, final, ss3 } = groups;
    if (paste !== undefined) yield* readPaste(paste.replace(PASTE_END, ''));
    else if (final !== undefined) yield* known(functionKey(parameters ?? '', final));
    else if (ss3 !== undefined) yield* known(FUNCTION_KEYS[ss3]);
    else if (token === '\r\n') yield { key: 'enter' };
    else if (token >= ' ' && token !== '\x7f') yield { key: 'text', text: token };
    else yield* known(KEYS[token]);
  }
}

/** A paste is text, whatever it holds; its line ends end lines. */
function* readPaste(paste: string): Generator<EditorKey, void> {
  for (const [index, text] of paste.split(/\r\n|\r|\n/).entries()) {
    if (index > 0) yield { key: 'enter' };
    if (text !== '') yield { key: 'text', text };
  }
}

function functionKey(parameters: string, final: string): EditorKey | undefined {
  const [number = '', modifier = ''] = parameters.split(';');
  const name = final === '~' ? `${number}~` : final;
  const isModified = modifier !== '' && modifier !== SHIFT;
  return (isModified ? MODIFIED_KEYS : FUNCTION_KEYS)[name];
}

function* known(key: EditorKey | undefined): Generator<EditorKey, void> {
  if (key !== undefined) yield key;
}
