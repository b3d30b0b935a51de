// Every class of bytes that must not reach a terminal unescaped.

export interface HostileText {
  name: string;
  bytes: Buffer;
}

/** Bytes that are not UTF-8 (RFC 3629, section 4). */
const INVALID_UTF8: ReadonlyArray<readonly [name: string, ...bytes: number[]]> = [
  ['the first continuation byte alone', 0x80],
  ['the last continuation byte alone', 0xbf],
  ['8-bit CSI as a byte', 0x9b, 0x33, 0x31, 0x6d],
  ['two bytes, cut after one', 0xc3],
  ['three bytes, cut after one', 0xe6],
  ['three bytes, cut after two', 0xe6, 0xbc],
  ['four bytes, cut after one', 0xf0],
  ['four bytes, cut after two', 0xf0, 0x9f],
  ['four bytes, cut after three', 0xf0, 0x9f, 0x98],
  ['ESC overlong in two bytes', 0xc0, 0x9b],
  ['a slash overlong in two bytes', 0xc0, 0xaf],
  ['DEL overlong in two bytes', 0xc1, 0xbf],
  ['ESC overlong in three bytes', 0xe0, 0x80, 0x9b],
  ['ESC overlong in four bytes', 0xf0, 0x80, 0x80, 0x9b],
  ['five bytes', 0xf8, 0x88, 0x80, 0x80, 0x80],
  ['six bytes', 0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
  ['the first surrogate', 0xed, 0xa0, 0x80],
  ['the last surrogate', 0xed, 0xbf, 0xbf],
  ['a pair of surrogates', 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  ['U+110000', 0xf4, 0x90, 0x80, 0x80],
  ['U+140000', 0xf5, 0x80, 0x80, 0x80],
  ['0xFE', 0xfe],
  ['0xFF', 0xff],
];

/**
 * C0 except TAB and LF, DEL, C1, the line separators, and Bidi_Control (Unicode 16, PropList.txt).
 */
const CONTROLS: readonly number[] = [
  ...range(0x00, 0x1f).filter((code) => code !== 0x09 && code !== 0x0a),
  ...range(0x7f, 0x9f),
  0x2028,
  0x2029,
  0x061c,
  0x200e,
  0x200f,
  ...range(0x202a, 0x202e),
  ...range(0x2066, 0x2069),
];

const ST = '\x1b\\';

/** Sequences that terminals execute or answer (ECMA-48; xterm's ctlseqs). */
const SEQUENCES: Readonly<Record<string, string>> = {
  'CSI, colors': '\x1b[31m',
  'CSI, clear the screen': '\x1b[2J\x1b[H',
  'CSI, another screen': '\x1b[?1049h',
  'CSI, mouse reports': '\x1b[?1003h',
  'CSI, device attributes queried': '\x1b[c\x1b[>c\x1b[=c',
  'CSI, device status queried': '\x1b[5n\x1b[6n\x1b[?6n',
  'CSI, window title queried': '\x1b[21t',
  'OSC 0, ended by BEL': '\x1b]0;owned\x07',
  'OSC 2, ended by ST': `\x1b]2;owned${ST}`,
  'OSC 8, a link': `\x1b]8;;http://127.0.0.1:1/${ST}here\x1b]8;;${ST}`,
  'OSC 10, color queried': `\x1b]10;?${ST}`,
  'OSC 52, the clipboard': '\x1b]52;c;b3duZWQ=\x07',
  'OSC without an end': '\x1b]0;owned',
  'DCS, DECRQSS': `\x1bP$q"p${ST}\x1bP$qm${ST}`,
  'DCS, XTGETTCAP': `\x1bP+q544e${ST}`,
  APC: `\x1b_owned${ST}`,
  PM: `\x1b^owned${ST}`,
  SOS: `\x1bXowned${ST}`,
  'a full reset': '\x1bc',
  '8-bit CSI': '\x9b31m\x9bc\x9b6n',
  '8-bit OSC': '\x9d0;owned\x9c',
  '8-bit DCS': '\x90$qm\x9c',
  '8-bit APC': '\x9fowned\x9c',
  '8-bit PM': '\x9eowned\x9c',
  '8-bit SOS': '\x98owned\x9c',
};

/** Every hostile text between two letters: white space at the end of a line would be dropped. */
export const hostileTexts: readonly HostileText[] = [
  ...INVALID_UTF8.map(([name, ...bytes]) => hostile(name, Buffer.from(bytes))),
  ...CONTROLS.map((code) => hostile(codePoint(code), Buffer.from(String.fromCodePoint(code)))),
  ...Object.entries(SEQUENCES).map(([name, text]) => hostile(name, Buffer.from(text))),
  // C1 as it was before UTF-8: a byte.
  ...Object.entries(SEQUENCES)
    .filter(([, text]) => text.charCodeAt(0) >= 0x80)
    .map(([name, text]) => hostile(`${name}, as bytes`, Buffer.from(text, 'latin1'))),
];

/** The first unsafe character in a program's output, with its surroundings; '' if there is none. */
export function firstUnsafe(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return 'not UTF-8';
  const at = text.search(/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  return at === -1 ? '' : JSON.stringify(text.slice(Math.max(0, at - 20), at + 20));
}

function hostile(name: string, bytes: Buffer): HostileText {
  return { name, bytes: Buffer.concat([Buffer.from('a'), bytes, Buffer.from('b')]) };
}

function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
