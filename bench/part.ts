// A part of the benchmark: contestants that bear the same loads, in turn.

import type { Contestant } from './contestant.ts';
import { Programs } from './programs.ts';
import { type PartResult, type Row, type RowHead, rowOf, type Sample } from './result.ts';

/** How long a run takes. */
export interface Effort {
  rounds: number;
  /** How long each contestant bears a load in a round. */
  seconds: number;
}

export interface Load<Target> {
  /** One load may lead to several rows: `measure` returns a sample for each. */
  rows: readonly RowHead[];
  measure(target: Target, seconds: number): Promise<Sample[]>;
  /** Changes the number of rounds: for what takes long, does not vary, or is over at once. */
  rounds?(rounds: number): number;
  /** `false` if nothing stays warm from one measurement to the next. */
  warmsUp?: boolean;
  /** Starts what runs beside the contestants. */
  beside?(programs: Programs): Promise<unknown>;
}

export interface Part {
  name: string;
  title: string;
  /** What is measured, for the page. */
  about: string;
  run(effort: Effort): Promise<Omit<PartResult, 'date' | 'machine'>>;
}

/** A part in which every contestant runs from its start to its end. */
export interface Comparison<Target> extends Omit<Part, 'run'> {
  /** Ours is the first: without it, there is nothing to compare. */
  contestants: readonly Contestant<Target>[];
  loads: readonly Load<Target>[];
}

interface Running<Target> {
  name: string;
  target: Target;
}

export function comparison<Target>({
  name,
  title,
  about,
  contestants,
  loads,
}: Comparison<Target>): Part {
  return {
    name,
    title,
    about,
    run: (effort) =>
      Programs.during(async (programs) => {
        const { present, versions, skipped } = find(contestants);
        const isComparable = present[0] === contestants[0];
        const running: Running<Target>[] = [];
        for (const one of isComparable ? present : []) {
          running.push({ name: one.name, target: await one.start(programs) });
        }
        const rows: Row[] = [];
        for (const load of isComparable ? loads : [])
          rows.push(...(await bear(load, running, effort)));
        return { name, title, ...effort, versions, skipped, rows };
      }),
  };
}

function find<Target>(contestants: readonly Contestant<Target>[]) {
  const versions: Record<string, string> = {};
  const skipped: Record<string, string> = {};
  const present = contestants.filter((one) => {
    const found = one.find();
    if ('version' in found) versions[one.name] = found.version;
    else skipped[one.name] = found.missing;
    return 'version' in found;
  });
  return { present, versions, skipped };
}

/** Warms up each contestant, then measures them in turn: A B A B. */
function bear<Target>(
  load: Load<Target>,
  running: readonly Running<Target>[],
  effort: Effort,
): Promise<Row[]> {
  return Programs.during(async (programs) => {
    await load.beside?.(programs);
    const { rounds = (given) => given, warmsUp = true } = load;
    const samples = running.map(({ name }) => [name, [] as Sample[][]] as const);
    for (const { target } of warmsUp ? running : []) await load.measure(target, effort.seconds / 4);
    for (let round = 0; round < rounds(effort.rounds); round++) {
      for (const [index, { target }] of running.entries()) {
        samples[index]?.[1].push(await load.measure(target, effort.seconds));
      }
    }
    return load.rows.map((head, column) =>
      rowOf(
        head,
        samples.map(([name, measured]) => [name, measured.flatMap((row) => row[column] ?? [])]),
      ),
    );
  });
}
