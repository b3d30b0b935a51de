// `npm run bench`: runs the parts that were chosen, or all, prints what they found, and writes it to
// the results.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import type { Effort, Part } from './part.ts';
import { PARTS } from './parts.ts';
import { Programs } from './programs.ts';
import { RESULTS, reportOf } from './report/report.ts';
import { tableOf } from './report/tables.ts';
import { merge, type PartResult, type Results } from './result.ts';

const FULL: Effort = { rounds: 5, seconds: 1 };
/** To try a part: too short for figures that mean something. */
const QUICK: Effort = { rounds: 3, seconds: 0.2 };

const { values, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, results: { type: 'string' } },
});
const names = [...new Set(PARTS.map(({ name }) => name))];
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`unknown part '${unknown[0]}'; choose from ${names.join(', ')}`);
  process.exit(1);
}

for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.once(signal, () => process.exit(128 + number));
}
// Also after an error that nobody caught.
process.once('exit', () => Programs.killAll());

const file = values.results ?? (values.quick ? undefined : RESULTS);
const startedAt = performance.now();
for (const part of PARTS.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  console.error(`${elapsed()} ${part.title} …`);
  try {
    await measure(part);
  } catch (error) {
    // The other parts can still be measured.
    console.error(`     failed: ${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
  }
}
console.error(`${elapsed()} done`);
process.exit();

async function measure(part: Part): Promise<void> {
  const found = await part.run(values.quick ? QUICK : FULL);
  for (const [name, reason] of Object.entries(found.skipped)) {
    console.error(`     without ${name}: ${reason}`);
  }
  if (found.rows.length > 0) console.log(`\n### ${found.title}\n\n${tableOf(found)}\n`);
  const date = new Date().toISOString().slice(0, 10);
  if (file !== undefined) await write(file, { ...found, date, machine: machine() });
}

/** Also writes what is made from the results, if these are the ones of the documentation. */
async function write(file: string, result: PartResult): Promise<void> {
  const order = PARTS.map(({ title }) => title);
  const before: Results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { parts: [] };
  const results = merge(before, [result], order);
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  if (file !== RESULTS) return;
  for (const [path, content] of await reportOf(results)) writeFileSync(path, content);
}

/** Since the start, as `3:07`. */
function elapsed(): string {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
