// Lets the colors of a service through to a terminal, and nothing else. Every SGR sequence (ECMA-48,
// section 8.3.117; ITU-T T.416, section 13.1.8) changes a style, and the style is written again: what
// reaches the terminal is always one of the few forms of `sequenceOf`. All other sequences are
// escaped, like every control character (protocol/plainText.ts). One is removed: EL, "erase to the
// end of the line" (section 8.3.41), which grep and gcc write with each color. Nothing is there yet.
//
// Left out, because they hide text or hurt: faint (2), blinking (5 and 6), concealed (8). A text in
// the color of its background stays readable by the terminal's minimum contrast.

import { escapeControls } from '../../protocol/plainText.ts';

/** A line in two forms. */
export interface ColoredLine {
  /** Without sequences. */
  readonly plain: string;
  /** With sequences; their last one may still apply at the end. */
  readonly colored: string;
}

interface Style {
  /** The parameters of the attributes that are set, such as 1 for bold, in ascending order. */
  readonly attributes: readonly number[];
  /** The parameters of a color, without 38 or 48; empty for the default. */
  readonly foreground: string;
  readonly background: string;
}

const DEFAULT: Style = { attributes: [], foreground: '', background: '' };

const INVERSE = 7;

/** Bold, italic, underlined, inverse, crossed out. */
const ATTRIBUTES: readonly number[] = [1, 3, 4, INVERSE, 9];

/** The attribute that each parameter sets. 21 is "doubly underlined". */
const SETS = new Map([...ATTRIBUTES.map((attribute) => [attribute, attribute] as const), [21, 4]]);

/** The attribute that each parameter clears. */
const CLEARS = new Map([
  [22, 1],
  [23, 3],
  [24, 4],
  [27, 7],
  [29, 9],
]);

/** The longest parameters that mean something; longer ones are escaped. */
const MAX_PARAMETERS_LENGTH = 128;

const SEQUENCE = new RegExp(`\\x1b\\[(?:([\\d;:]{0,${MAX_PARAMETERS_LENGTH}})m|0?K)`, 'g');

/** The start of a sequence whose rest has not arrived. */
const UNFINISHED = new RegExp(`\\x1b(?:\\[[\\d;:]{0,${MAX_PARAMETERS_LENGTH}})?$`);

/** The style goes on from line to line, as in a terminal. */
export class Colors {
  #style = DEFAULT;

  /** Reads a line, whose sequences apply to the next ones, too. */
  readLine(line: string): ColoredLine {
    let plain = '';
    let colored = '';
    let shown = DEFAULT;
    let from = 0;
    const add = (text: string) => {
      if (text === '') return;
      const escaped = escapeControls(text);
      plain += escaped;
      if (this.#style !== shown) colored += sequenceOf(this.#style);
      shown = this.#style;
      colored += escaped;
    };
    for (const { 0: sequence, 1: parameters, index } of line.matchAll(SEQUENCE)) {
      add(line.slice(from, index));
      this.#style = applied(this.#style, parameters?.split(';') ?? []);
      from = index + sequence.length;
    }
    add(line.slice(from));
    return { plain, colored };
  }
}

/** @returns A line that may go on, without its sequences, and otherwise escaped. */
export function withoutColors(line: string): string {
  return escapeControls(line.replace(SEQUENCE, '').replace(UNFINISHED, ''));
}

function sequenceOf(style: Style): string {
  const { attributes, foreground, background } = isInverseColor(style) ? swapped(style) : style;
  const colors = [foreground && `38;${foreground}`, background && `48;${background}`];
  return `\x1b[${[0, ...attributes, ...colors].filter((each) => each !== '').join(';')}m`;
}

/** xterm.js gives the default background, as the color of inverse text, no minimum contrast. */
function isInverseColor({ attributes, foreground }: Style): boolean {
  return attributes.includes(INVERSE) && foreground !== '';
}

function swapped({ attributes, foreground, background }: Style): Style {
  return {
    attributes: attributes.filter((each) => each !== INVERSE),
    foreground: background,
    background: foreground,
  };
}

function applied(style: Style, parameters: readonly string[]): Style {
  const [parameter, ...others] = parameters;
  if (parameter === undefined) return style;
  const [code = 0, ...parts] = parameter.split(':').map(Number);
  if (code === 38 || code === 48 || code === 58) {
    // Separated by colons, or, as most programs send it, like further parameters.
    const color = parts.length > 0 ? parts : others.slice(0, 4).map(Number);
    const used = parts.length > 0 ? 0 : lengthOf(color);
    return applied(withColor(style, code, colorOf(color)), others.slice(used));
  }
  return applied(withCode(style, code, parts[0]), others);
}

function withCode(style: Style, code: number, part: number | undefined): Style {
  // 4:0 is "not underlined" (Kitty, and others after it).
  const cleared = code === 4 && part === 0 ? 4 : CLEARS.get(code);
  if (code === 0) return DEFAULT;
  if (cleared !== undefined) return withAttribute(style, cleared, false);
  const set = SETS.get(code);
  if (set !== undefined) return withAttribute(style, set, true);
  if (code === 39) return { ...style, foreground: '' };
  if (code === 49) return { ...style, background: '' };
  const [isBackground, index] = paletteOf(code);
  return index === undefined ? style : withColor(style, isBackground ? 48 : 38, `5;${index}`);
}

/** The parameters for a color of the palette: 30 to 37, 40 to 47, and from 90 and 100 the bright ones. */
function paletteOf(code: number): [isBackground: boolean, index: number | undefined] {
  const tens = Math.floor(code / 10);
  const index = code % 10;
  if (index > 7) return [false, undefined];
  if (tens === 3 || tens === 4) return [tens === 4, index];
  if (tens === 9 || tens === 10) return [tens === 10, index + 8];
  return [false, undefined];
}

function withAttribute(style: Style, attribute: number, isSet: boolean): Style {
  const isChosen = (each: number) => (each === attribute ? isSet : style.attributes.includes(each));
  return { ...style, attributes: ATTRIBUTES.filter(isChosen) };
}

/** @param color Its parameters after `code`; `undefined` if it is invalid. */
function withColor(style: Style, code: number, color: string | undefined): Style {
  if (color === undefined || code === 58) return style;
  return code === 38 ? { ...style, foreground: color } : { ...style, background: color };
}

/** How many parameters belong to a color. */
function lengthOf([kind]: readonly number[]): number {
  if (kind === 5) return 2;
  return kind === 2 ? 4 : 1;
}

/** With colons, a color space may precede red, green and blue. */
function colorOf([kind, ...values]: readonly number[]): string | undefined {
  const wanted =
    kind === 5 ? values.slice(0, 1) : values.slice(values.length > 3 ? 1 : 0).slice(0, 3);
  const isComplete = (kind === 5 && wanted.length === 1) || (kind === 2 && wanted.length === 3);
  return isComplete && wanted.every((value) => value <= 255)
    ? `${kind};${wanted.join(';')}`
    : undefined;
}
