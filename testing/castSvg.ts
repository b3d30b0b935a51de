// Draws a terminal recording as an animated SVG: each row that the terminal showed is a text, which
// CSS makes visible for its time. Without animations, such as for readers who prefer none, it shows
// the last screen.

import headless, { type Terminal } from '@xterm/headless';

/** A recording in asciicast format, version 2: https://docs.asciinema.org/manual/asciicast/v2/ */
export interface Cast {
  readonly columns: number;
  readonly rows: number;
  readonly title: string;
  readonly output: readonly CastOutput[];
}

export interface CastOutput {
  readonly seconds: number;
  readonly text: string;
}

export interface CastTheme {
  readonly background: string;
  readonly border: string;
  readonly text: string;
  /** The colors of the terminal's palette that a recording uses, by number. */
  readonly palette: Readonly<Record<number, string>>;
}

/** Cells of one row in one color. */
interface Run {
  readonly column: number;
  readonly text: string;
  /** A number of the palette; else the color of the text. */
  readonly color?: number;
}

interface Screen {
  readonly seconds: number;
  readonly rows: readonly (readonly Run[])[];
  readonly cursor: { readonly column: number; readonly row: number };
}

/** What a row shows, from one screen until another. */
interface RowState {
  readonly row: number;
  readonly runs: readonly Run[];
  readonly from: number;
  /** Undefined: until the end. */
  readonly until: number | undefined;
}

/** How long the last screen stays. */
const HOLD_SECONDS = 3;

// In pixels. A cell is 0.6 em wide, as in most monospace fonts; `textLength` makes others fit.
const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 19;
const FONT_SIZE = 14;
const BASELINE = 14;
const PADDING = 14;

export function readCast(text: string): Cast {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const { width, height, title } = JSON.parse(header);
  const output = lines.map((line) => {
    const [seconds, , written] = JSON.parse(line);
    return { seconds, text: written };
  });
  return { columns: width, rows: height, title, output };
}

export function writeCast({ columns, rows, title, output }: Cast): string {
  const header = { version: 2, width: columns, height: rows, title };
  const events = output.map(({ seconds, text }) => [seconds, 'o', text]);
  return [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
}

export async function castSvg(cast: Cast, theme: CastTheme): Promise<string> {
  const screens = await screensOf(cast);
  const duration = (screens.at(-1)?.seconds ?? 0) + HOLD_SECONDS;
  const percent = (seconds: number) => `${round((seconds / duration) * 100)}%`;
  const states = rowStates(screens).filter(({ runs }) => runs.length > 0);
  const width = round(cast.columns * CELL_WIDTH + 2 * PADDING);
  const height = cast.rows * CELL_HEIGHT + 2 * PADDING;
  // The border is drawn around its edge, half of its width on either side.
  const edge = 0.5 - PADDING;
  const used = new Set(states.flatMap(({ runs }) => runs.map(({ color }) => color)));

  const keyframes = states.map(({ from, until }, index) => {
    const end = until === undefined ? '' : `${percent(until)}{opacity:0}`;
    const start = from === 0 ? '' : '0%{opacity:0}';
    return `@keyframes r${index}{${start}${percent(from)}{opacity:1}${end}}`;
  });
  const moves = screens.map(({ seconds, cursor }) => `${percent(seconds)}{${translate(cursor)}}`);
  const last = screens.at(-1)?.cursor ?? { column: 0, row: 0 };
  const colors = [...used]
    .filter((color) => color !== undefined)
    .map((color) => `.c${color}{fill:${colorOf(theme, color)}}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-PADDING} ${-PADDING} ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(cast.title)}</title>
<style>
text{font:${FONT_SIZE}px ui-monospace,monospace;white-space:pre;fill:${theme.text}}
g{opacity:0}.last{opacity:1}
#cursor{fill:${theme.text};opacity:.6;${translate(last)}}
${colors.join('')}
@media (prefers-reduced-motion:no-preference){g,#cursor{animation:${duration}s step-end infinite}#cursor{animation-name:cursor}}
@keyframes cursor{${moves.join('')}}
${keyframes.join('\n')}
</style>
<rect x="${edge}" y="${edge}" width="${width - 1}" height="${height - 1}" rx="8" fill="${theme.background}" stroke="${theme.border}"/>
<rect id="cursor" width="${CELL_WIDTH}" height="${CELL_HEIGHT}"/>
${states.map(drawState).join('\n')}
</svg>
`;
}

function drawState({ row, runs, until }: RowState, index: number): string {
  const y = row * CELL_HEIGHT + BASELINE;
  const texts = runs.map(({ column, text, color }) => {
    const x = round(column * CELL_WIDTH);
    const length = round(text.length * CELL_WIDTH);
    const style = color === undefined ? '' : ` class="c${color}"`;
    return `<text x="${x}" y="${y}" textLength="${length}"${style}>${escapeXml(text)}</text>`;
  });
  const last = until === undefined ? ' class="last"' : '';
  return `<g style="animation-name:r${index}"${last}>${texts.join('')}</g>`;
}

/** The screen after each output. */
async function screensOf({ columns, rows, output }: Cast): Promise<Screen[]> {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  const screens: Screen[] = [];
  for (const { seconds, text } of output) {
    await new Promise<void>((drawn) => terminal.write(text, drawn));
    const { cursorX: column, cursorY: row } = terminal.buffer.active;
    const drawnRows = Array.from({ length: rows }, (_, index) => runsOf(terminal, index));
    screens.push({ seconds, rows: drawnRows, cursor: { column, row } });
  }
  terminal.dispose();
  return screens;
}

function runsOf(terminal: Terminal, row: number): Run[] {
  const { active } = terminal.buffer;
  const line = active.getLine(active.baseY + row);
  const length = line?.translateToString(true).length ?? 0;
  const runs: Run[] = [];
  for (let column = 0; column < length; column++) {
    const cell = line?.getCell(column);
    const text = cell?.getChars() || ' ';
    const color = cell?.isFgPalette() ? { color: cell.getFgColor() } : {};
    const before = runs.at(-1);
    if (before !== undefined && before.color === color.color) {
      runs[runs.length - 1] = { ...before, text: before.text + text };
    } else runs.push({ column, text, ...color });
  }
  return runs;
}

function rowStates(screens: readonly Screen[]): RowState[] {
  const rows = screens[0]?.rows.length ?? 0;
  return Array.from({ length: rows }, (_, row) => {
    const changes = screens.filter(
      (screen, index) =>
        JSON.stringify(screen.rows[row]) !== JSON.stringify(screens[index - 1]?.rows[row]),
    );
    return changes.map(({ seconds, rows: drawn }, index) => ({
      row,
      runs: drawn[row] ?? [],
      from: seconds,
      until: changes[index + 1]?.seconds,
    }));
  }).flat();
}

function translate({ column, row }: Screen['cursor']): string {
  return `transform:translate(${round(column * CELL_WIDTH)}px,${row * CELL_HEIGHT}px)`;
}

function colorOf({ palette }: CastTheme, color: number): string {
  const found = palette[color];
  if (found === undefined) throw new Error(`the theme has no color ${color}`);
  return found;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
