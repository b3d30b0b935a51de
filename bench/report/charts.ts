// The charts of docs/benchmarks.md, drawn by Vega-Lite from the results. The same results give the
// same bytes: nothing measures text on this machine.

import { parse, resetSVGDefIds, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { OURS } from '../contestants/motd.ts';
import { type Entry, type Results, type Row, UNITS } from '../result.ts';
import { formatValue } from './format.ts';

export interface Chart {
  /** Of its files, without the theme. */
  name: string;
  title: string;
  /** Of the part that it shows. */
  part: string;
  /** Which rows, and how each is headed. */
  panels: readonly (readonly [row: string, heading: string])[];
}

/** What a reader looks for first. */
export const CHARTS: readonly Chart[] = [
  {
    name: 'page-to-prompt',
    title: 'From opening the page to a prompt',
    part: 'Page to prompt',
    panels: [
      ['first visit', 'First visit'],
      ['again', 'Again'],
    ],
  },
  {
    name: 'login-storm',
    title: 'Logins: connect, read the message, quit',
    part: 'Login storm',
    panels: [['connect, MSGGET, QUIT, 100 at a time', '100 at a time']],
  },
  {
    name: 'bridge-bandwidth',
    title: 'What the bridge relays from WebSocket to TCP and back',
    part: 'Bridge bandwidth',
    panels: [
      ['64 KiB frames, 1 connection', '1 connection'],
      ['64 KiB frames, 10 connections', '10 connections'],
    ],
  },
  {
    name: 'session-memory',
    title: 'Memory of an idle session of the bridge',
    part: 'Memory per session',
    panels: [['an idle session', 'Each of 1,000 sessions; websockify: each of 500, its maximum']],
  },
];

export type Theme = keyof typeof THEMES;

/** Blue and gray differ for every kind of color vision; gray stays readable on both backgrounds. */
const THEMES = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    muted: '#59636e',
    ours: '#0969da',
    peer: '#9aa4ae',
    limit: '#dbe0e5',
    whisker: '#1f2328',
  },
  dark: {
    background: '#0d1117',
    text: '#f0f6fc',
    muted: '#9198a1',
    ours: '#4493f8',
    peer: '#6b7480',
    limit: '#31373f',
    whisker: '#f0f6fc',
  },
} as const;

/** Of the bars; labels are outside. */
const WIDTH = 400;
const BAR_STEP = 30;

/** What one bar shows. */
interface Bar {
  panel: string;
  program: string;
  median: number;
  min: number;
  max: number;
  label: string;
  kind: 'ours' | 'peer' | 'limit';
}

/** They do less than the others: what is left to gain. */
const LIMITS = new Set(['xterm.js alone', 'no bridge', 'minimal Node', 'minimal C']);

/** @returns The chart as SVG; `undefined` if its part was not measured. */
export async function drawChart(
  chart: Chart,
  results: Results,
  theme: Theme,
): Promise<string | undefined> {
  const panels = panelsOf(chart, results);
  if (panels.length === 0) return undefined;
  const { spec } = compile(specOf(chart, panels, theme));
  const view = new View(parse(spec), { renderer: 'none' });
  // Otherwise the ids go on counting from the last chart.
  resetSVGDefIds();
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

/** The figures of a chart in words, for those who cannot see it. */
export function describeChart(chart: Chart, results: Results): string {
  const panels = panelsOf(chart, results).map(([heading, { unit, entries }]) => {
    const bars = entries.map(
      ({ contestant, median }) => `${contestant} ${formatValue(median, unit)}`,
    );
    return `${heading}: ${bars.join(', ')}`;
  });
  return `${chart.title}. ${panels.join('. ')}.`;
}

function panelsOf({ part, panels }: Chart, { parts }: Results): [string, Row][] {
  const rows = parts.find(({ title }) => title === part)?.rows ?? [];
  return panels.flatMap(([title, heading]) => {
    const row = rows.find((one) => one.title === title);
    return row === undefined ? [] : [[heading, row] satisfies [string, Row]];
  });
}

function specOf(chart: Chart, panels: readonly [string, Row][], theme: Theme): TopLevelSpec {
  const colors = THEMES[theme];
  const bars = panels.flatMap(([panel, row]) =>
    row.entries.map((entry) => barOf(panel, row, entry)),
  );
  const programs = [...new Set(bars.map(({ program }) => program))];
  const x = { type: 'quantitative', axis: null, scale: { zero: true, nice: false } } as const;
  const y = {
    field: 'program',
    type: 'nominal',
    sort: programs,
    title: null,
    axis: {
      labelColor: { condition: { test: isOurs, value: colors.text }, value: colors.muted },
      labelFontWeight: { condition: { test: isOurs, value: 'bold' }, value: 'normal' },
    },
  } as const;
  return {
    background: colors.background,
    padding: 16,
    title: { text: chart.title, subtitle: subtitleOf(panels) },
    data: { values: bars },
    facet: {
      row: {
        field: 'panel',
        type: 'nominal',
        sort: panels.map(([heading]) => heading),
        title: null,
      },
    },
    spec: {
      width: WIDTH,
      height: { step: BAR_STEP },
      encoding: { y },
      layer: [
        {
          mark: { type: 'bar', height: 18, cornerRadiusEnd: 3 },
          encoding: {
            x: { field: 'median', ...x },
            color: {
              field: 'kind',
              type: 'nominal',
              scale: {
                domain: ['ours', 'peer', 'limit'],
                range: [colors.ours, colors.peer, colors.limit],
              },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'rule', color: colors.whisker, strokeWidth: 1.25 },
          encoding: { x: { field: 'min', ...x }, x2: { field: 'max' } },
        },
        ...['min', 'max'].map((field) => ({
          mark: { type: 'tick' as const, color: colors.whisker, thickness: 1.25, size: 8 },
          encoding: { x: { field, ...x } },
        })),
        {
          mark: { type: 'text', align: 'left', dx: 8, fontSize: 13 },
          encoding: {
            x: { field: 'max', ...x },
            text: { field: 'label' },
            color: {
              condition: { test: "datum.kind === 'ours'", value: colors.text },
              value: colors.muted,
            },
          },
        },
      ],
    },
    config: {
      font: 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif',
      view: { stroke: null },
      title: {
        anchor: 'start',
        color: colors.text,
        subtitleColor: colors.muted,
        fontSize: 16,
        subtitleFontSize: 13,
        offset: 12,
        subtitlePadding: 6,
      },
      axis: { domain: false, ticks: false, labelFontSize: 13, labelPadding: 8, labelLimit: 200 },
      header: {
        labelAnchor: 'start',
        labelOrient: 'top',
        labelColor: colors.text,
        labelFontSize: 13,
        labelFontWeight: 'bold',
        labelPadding: 4,
      },
      facet: { spacing: 12 },
    },
  };
}

const isOurs = `datum.value === '${OURS}'`;

function barOf(panel: string, { unit }: Row, entry: Entry): Bar {
  const { contestant, median, min, max } = entry;
  const isLimit = LIMITS.has(contestant);
  return {
    ...{ panel, median, min, max },
    program: contestant,
    label: formatValue(median, unit),
    kind: contestant === OURS ? 'ours' : isLimit ? 'limit' : 'peer',
  };
}

function subtitleOf(panels: readonly [string, Row][]): string[] {
  const [[, { unit }] = ['', { unit: 'ms' as const }]] = panels;
  const better = UNITS[unit] === 'lower' ? 'Shorter is better' : 'Longer is better';
  const hasLimit = panels.some(([, { entries }]) =>
    entries.some(({ contestant }) => LIMITS.has(contestant)),
  );
  return [
    `${better}: the median, and the range of all rounds.`,
    ...(hasLimit ? ['Faint: a program that does less, and shows what is possible.'] : []),
  ];
}
