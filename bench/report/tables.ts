// Markdown tables of what a part found.

import {
  type Entry,
  isLoadSaturated,
  type PartResult,
  type Row,
  UNITS,
  type Unit,
} from '../result.ts';
import { formatCpu, formatFigure, formatRatio, formatValue, percent } from './format.ts';

interface Column {
  title: string;
  cell(entry: Entry): string | undefined;
}

const SATURATED_NOTE =
  '\\* The load generator used a whole core: the program may be faster than this.';

/** @returns All rows of a part, one line for each contestant. */
export function tableOf({ rows }: Pick<PartResult, 'rows'>): string {
  const columns = columnsOf(rows);
  const lines = rows.flatMap((row) =>
    row.entries.map((entry, index) => [
      index === 0 ? row.title : '',
      entry.contestant,
      `${formatValue(entry.median, row.unit)}${rangeOf(entry, row.unit)}`,
      ...columns.map(({ cell }) => cell(entry) ?? '–'),
    ]),
  );
  const [first] = rows;
  const direction = first === undefined ? '' : `${UNITS[first.unit]} is better`;
  const table = markdownTable(
    ['', 'program', direction, ...columns.map(({ title }) => title)],
    lines,
  );
  const isLimited = rows.some(({ entries }) => entries.some(isLoadSaturated));
  return isLimited ? `${table}\n\n${SATURATED_NOTE}` : table;
}

export function markdownTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [heading, heading.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Those that have a value in at least one row. */
function columnsOf(rows: readonly Row[]): Column[] {
  const work = [...new Set(rows.flatMap(({ per }) => per ?? []))].join(' or ');
  const columns: Column[] = [
    { title: 'ratio', cell: ({ ratio }) => show(ratio, formatRatio) },
    { title: `CPU for one ${work}`, cell: ({ cpuUs }) => show(cpuUs, formatCpu) },
    { title: 'its ratio', cell: ({ cpuRatio }) => show(cpuRatio, formatRatio) },
    { title: 'p50', cell: ({ p50Ms }) => show(p50Ms, (ms) => formatValue(ms, 'ms')) },
    { title: 'p95', cell: ({ p95Ms }) => show(p95Ms, (ms) => formatValue(ms, 'ms')) },
    { title: 'p99', cell: ({ p99Ms }) => show(p99Ms, (ms) => formatValue(ms, 'ms')) },
    { title: "load's CPU", cell: formatLoad },
  ];
  const entries = rows.flatMap((row) => row.entries);
  return columns.filter(({ cell }) => entries.some((entry) => cell(entry) !== undefined));
}

function formatLoad(entry: Entry): string | undefined {
  return show(
    entry.loadShare,
    (share) => `${percent(share)}${isLoadSaturated(entry) ? ' \\*' : ''}`,
  );
}

function rangeOf({ values, min, max }: Entry, unit: Unit): string {
  return values.length > 1 ? ` (${formatFigure(min, unit)} to ${formatFigure(max, unit)})` : '';
}

function show(value: number | undefined, format: (value: number) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}
