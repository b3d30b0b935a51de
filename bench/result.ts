// What a run finds, as docs/benchmarks.json has it.

import { medianRatio, spread } from './spread.ts';

/** Of a value: whether more of it is better. */
export const UNITS = {
  'requests/s': 'higher',
  'logins/s': 'higher',
  'stores/s': 'higher',
  'round trips/s': 'higher',
  'sessions/s': 'higher',
  'MB/s': 'higher',
  ms: 'lower',
  'CPU µs': 'lower',
  kB: 'lower',
  MB: 'lower',
  processes: 'lower',
  files: 'lower',
} as const;

export type Unit = keyof typeof UNITS;

/** One measurement of one contestant. */
export interface Sample {
  value: number;
  /** CPU time of the contestant's processes for each unit of work, in microseconds. */
  cpuUs?: number;
  /** CPU time of the load generator, as a share of one core. */
  loadShare?: number;
  p50Ms?: number;
  p95Ms?: number;
  p99Ms?: number;
}

/** The measurements of one contestant in one row: the median of each. */
export interface Entry extends Omit<Sample, 'value'> {
  contestant: string;
  /** One of each round. */
  values: number[];
  median: number;
  min: number;
  max: number;
  /** Our value divided by this one's: the median of the rounds' ratios. Ours has none. */
  ratio?: number;
  /** The same of `cpuUs`. */
  cpuRatio?: number;
}

export interface RowHead {
  title: string;
  unit: Unit;
  /** What `cpuUs` is counted for, such as a request. */
  per?: string;
}

export interface Row extends RowHead {
  /** Ours is the first. */
  entries: Entry[];
}

export interface PartResult {
  /** What to give `npm run bench --`. Several parts may share it. */
  name: string;
  title: string;
  /** Of the measurement, as `2026-11-27`. */
  date: string;
  /** Processor, cores, system and Node. */
  machine: string;
  rounds: number;
  seconds: number;
  versions: Record<string, string>;
  /** Why a contestant is absent. */
  skipped: Record<string, string>;
  rows: Row[];
}

export interface Results {
  parts: PartResult[];
}

/** Beyond this share of one core, the load generator is the limit, not the server. */
const SATURATED = 0.95;

export function isLoadSaturated({ loadShare = 0 }: Pick<Entry, 'loadShare'>): boolean {
  return loadShare >= SATURATED;
}

/** @param samples For each contestant, its sample of each round. Ours is the first. */
export function rowOf(
  head: RowHead,
  samples: readonly (readonly [contestant: string, Sample[]])[],
): Row {
  const [[, ours] = ['', []]] = samples;
  const ownValues = ours.map(({ value }) => significant(value));
  const entries = samples.map(([contestant, rounds], index) => {
    const values = rounds.map(({ value }) => significant(value));
    return {
      contestant,
      values,
      ...spread(values),
      ...(index > 0 && { ratio: significant(medianRatio(ownValues, values)) }),
      ...(index > 0 && cpuRatioOf(ours, rounds)),
      ...mediansOf(rounds),
    };
  });
  return { ...head, entries };
}

function cpuRatioOf(ours: readonly Sample[], theirs: readonly Sample[]): { cpuRatio?: number } {
  const cpuOf = (rounds: readonly Sample[]) => rounds.map(({ cpuUs }) => cpuUs ?? Number.NaN);
  const cpuRatio = significant(medianRatio(cpuOf(ours), cpuOf(theirs)));
  return Number.isFinite(cpuRatio) ? { cpuRatio } : {};
}

const DETAILS = ['cpuUs', 'loadShare', 'p50Ms', 'p95Ms', 'p99Ms'] as const;

function mediansOf(rounds: readonly Sample[]): Omit<Sample, 'value'> {
  const medians: Omit<Sample, 'value'> = {};
  for (const detail of DETAILS) {
    const values = rounds.flatMap((sample) => sample[detail] ?? []).filter(Number.isFinite);
    if (values.length > 0) medians[detail] = significant(spread(values).median);
  }
  return medians;
}

/** Four digits: more would be noise. */
function significant(value: number): number {
  return Number(value.toPrecision(4));
}

/** The results of a run, in place of earlier ones of the same parts. */
export function merge(
  before: Results,
  run: readonly PartResult[],
  order: readonly string[],
): Results {
  const all = new Map([...before.parts, ...run].map((part) => [part.title, part]));
  return { parts: order.flatMap((title) => all.get(title) ?? []) };
}
