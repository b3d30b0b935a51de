// docs/benchmarks.md, from the results.

import type { Part } from '../part.ts';
import type { PartResult, Results } from '../result.ts';
import { CHARTS, describeChart } from './charts.ts';
import { formatFigure, formatRatio, formatValue } from './format.ts';
import { markdownTable, tableOf } from './tables.ts';

const INTRODUCTION = `# Benchmarks

How fast MOTD Terminal is, beside programs that do the same and beside programs that do less. Each
figure comes from a run that you can repeat:

\`\`\`sh
npm run bench                # everything, in about ten minutes
npm run bench -- logins      # one part; several names are possible
\`\`\`

The run writes [benchmarks.json](benchmarks.json); this page and its charts are made from that file.
Times depend on the machine, and the machine is never quite still: trust the ratios. How each figure
is measured, and what to install for the other programs: [bench/README.md](../bench/README.md).`;

const GLANCE = `## At a glance

A ratio is the value of MOTD Terminal divided by that of the other program: the median of the ratios
of all rounds.`;

const DETAILS = `## Details

The range in parentheses is the least and the most of all rounds. \`load's CPU\` is how much of one
core the load generator used.`;

/** @param parts In the order of the page. */
export function pageOf(results: Results, parts: readonly Part[]): string {
  const measured = results.parts.filter(({ rows }) => rows.length > 0);
  const [first] = results.parts;
  const sections = [
    INTRODUCTION,
    first === undefined ? [] : [circumstancesOf(first)],
    ...CHARTS.filter(({ part }) => measured.some(({ title }) => title === part)).map((chart) =>
      pictureOf(chart.name, describeChart(chart, results)),
    ),
    GLANCE,
    glanceOf(measured),
    DETAILS,
    ...results.parts.flatMap((part) => sectionOf(part, parts, first)),
  ];
  return `${sections.flat().join('\n\n')}\n`;
}

export function chartFile(name: string, theme: string): string {
  return `benchmarks/${name}-${theme}.svg`;
}

function pictureOf(name: string, description: string): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${chartFile(name, 'dark')}">`,
    `  <img src="${chartFile(name, 'light')}" alt="${description}">`,
    '</picture>',
  ].join('\n');
}

function glanceOf(parts: readonly PartResult[]): string {
  const rows = parts.flatMap(({ title, rows }) =>
    rows.map((row) => {
      const [ours, ...others] = row.entries;
      return [
        row.title.startsWith(title)
          ? `[${row.title}](#${anchorOf(title)})`
          : `[${title}](#${anchorOf(title)}): ${row.title}`,
        ours === undefined ? '' : formatValue(ours.median, row.unit),
        others.map((other) => `${other.contestant} ${formatFigure(other.median, row.unit)}`),
        others.map(({ ratio = Number.NaN }) => formatRatio(ratio)),
      ].map((cell) => (typeof cell === 'string' ? cell : cell.join('; ')));
    }),
  );
  return markdownTable(['', 'MOTD Terminal', 'beside', 'ratio'], rows);
}

function sectionOf(
  result: PartResult,
  parts: readonly Part[],
  first: PartResult | undefined,
): string[] {
  const { title, versions, skipped, rows } = result;
  const about = parts.find((part) => part.title === title)?.about;
  const hasOwnCircumstances =
    first !== undefined && circumstancesOf(first) !== circumstancesOf(result);
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`.trim());
  const absent = Object.entries(skipped).map(([name, reason]) => `Without ${name}: ${reason}.`);
  return [
    `### ${title}`,
    ...(about === undefined ? [] : [about]),
    ...(rows.length === 0 ? [] : [tableOf(result)]),
    [`Measured: ${programs.join(', ')}.`, ...absent].join(' '),
    ...(hasOwnCircumstances ? [circumstancesOf(result)] : []),
  ];
}

function circumstancesOf({ date, machine, rounds, seconds }: PartResult): string {
  const isBrief = seconds < 1;
  const caution = isBrief ? ' **This was a brief run: its figures are rough.**' : '';
  return `On ${date}: ${machine}; ${rounds} rounds of ${seconds} s.${caution}`;
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
