// Parses the data of xterm.js into keys for the line editor. Pure.
//
// The sequences are xterm's (ctlseqs, "PC-Style Function Keys"); the keys do what they do in
// readline(3) and in every shell. A key without a meaning is left out.

/** Text to insert, a motion of the cursor, a deletion along a motion, or a command. */
export type EditorKey =
  | { key: 'text'; text: string }
  | { key: 'move'; to: MotionName }
  /** `kill` saves the deleted text for `yank`. */
  | { key: 'delete' | 'kill'; to: MotionName }
  | { key: EditorCommand };

export type MotionName =
  | 'left'
  | 'right'
  | 'wordLeft'
  | 'wordRight'
  | 'whitespaceLeft'
  | 'start'
  | 'end';

export type EditorCommand =
  | 'enter'
  | 'yank'
  | 'historyPrevious'
  | 'historyNext'
  | 'historySearch'
  | 'complete'
  | 'interrupt'
  | 'deleteOrEndSession'
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
  '\x04': { key: 'deleteOrEndSession' }, // Ctrl-D
  '\x05': { key: 'move', to: 'end' }, // Ctrl-E
  '\x07': { key: 'abort' }, // Ctrl-G
  // Ctrl-Backspace deletes a word, as in every text field of a browser. xterm.js sends the same for
  // Ctrl-H.
  '\b': { key: 'kill', to: 'wordLeft' },
  '\v': { key: 'kill', to: 'end' }, // Ctrl-K
  '\f': { key: 'clearScreen' }, // Ctrl-L
  '\x0e': { key: 'historyNext' }, // Ctrl-N
  '\x10': { key: 'historyPrevious' }, // Ctrl-P
  '\x12': { key: 'historySearch' }, // Ctrl-R
  '\x15': { key: 'kill', to: 'start' }, // Ctrl-U
  '\x17': { key: 'kill', to: 'whitespaceLeft' }, // Ctrl-W
  '\x19': { key: 'yank' }, // Ctrl-Y
  '\x1b': { key: 'escape' },
  '\x7f': { key: 'delete', to: 'left' }, // Backspace
  '\x1b\x7f': { key: 'kill', to: 'wordLeft' }, // Alt-Backspace
  '\x1b\b': { key: 'kill', to: 'wordLeft' },
  '\x1bb': { key: 'move', to: 'wordLeft' }, // Alt-B
  '\x1bf': { key: 'move', to: 'wordRight' }, // Alt-F
  '\x1bd': { key: 'kill', to: 'wordRight' }, // Alt-D
};

// After CSI, or after SS3 if the cursor keys are in application mode.
const FUNCTION_KEYS: Readonly<Record<string, EditorKey>> = {
  A: { key: 'historyPrevious' },
  B: { key: 'historyNext' },
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

// The same with Ctrl or Alt.
const MODIFIED_KEYS: Readonly<Record<string, EditorKey>> = {
  ...FUNCTION_KEYS,
  C: { key: 'move', to: 'wordRight' },
  D: { key: 'move', to: 'wordLeft' },
  '3~': { key: 'kill', to: 'wordRight' },
};

/**
 * Shift alone. Every other modifier includes Ctrl, Alt or Meta (ctlseqs: a sum that starts at 1).
 */
const SHIFT = '2';

// The pasted text may contain this sequence, too: only the last one ends the paste, because
// xterm.js passes on a paste whole, with nothing after it.
const PASTE_END = /\x1b\[201~$/;

// One of: a bracketed paste, CSI, a control string (DCS, SOS, OSC, PM, APC: a response of the
// terminal, never a key), SS3, Alt and a key, a control character, text.
const TOKEN =
  /\x1b\[200~(?<paste>[\s\S]*)|\x1b\[(?<parameters>[0-?]*)[ -/]*(?<final>[@-~])|\x1b[PX\]^_][\s\S]*?(?:\x1b\\|\x07|$)|\x1bO(?<ss3>.)|\x1b[\s\S]?|\r\n|[\0-\x1f\x7f]|[^\0-\x1f\x7f]+/gu;

/**
 * Parses typed or pasted data into keys.
 *
 * @param data From xterm's `onData`: characters, key sequences, and bracketed pastes (mode 2004).
 */
export function* parseKeys(data: string): Generator<EditorKey, void> {
  for (const { 0: token, groups = {} } of data.matchAll(TOKEN)) {
    const { paste, parameters, final, ss3 } = groups;
    if (paste !== undefined) yield* parsePaste(paste.replace(PASTE_END, ''));
    else if (final !== undefined) yield* ifDefined(functionKey(parameters ?? '', final));
    else if (ss3 !== undefined) yield* ifDefined(FUNCTION_KEYS[ss3]);
    else if (token === '\r\n') yield { key: 'enter' };
    else if (token >= ' ' && token !== '\x7f') yield { key: 'text', text: token };
    else yield* ifDefined(KEYS[token]);
  }
}

/** A paste is text, even its control characters; only its line ends count as Enter. */
function* parsePaste(paste: string): Generator<EditorKey, void> {
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

function* ifDefined(key: EditorKey | undefined): Generator<EditorKey, void> {
  if (key !== undefined) yield key;
}
