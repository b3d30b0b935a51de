import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

const SOURCE = readFileSync(new URL('./checkNode.cjs', import.meta.url), 'utf8');
const PACKAGE = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What the check prints, and the status that it exits with, on a version of Node. */
function check(node: string): { printed: string; status: number | undefined } {
  const result: ReturnType<typeof check> = { printed: '', status: undefined };
  const stderr = { write: (text: string) => (result.printed += text) };
  const exit = (status: number) => (result.status = status);
  runInNewContext(SOURCE, { process: { versions: { node }, stderr, exit } });
  return result;
}

test.each(['20.19.0', '20.20.2', '22.12.0', '22.23.3', '23.0.0', '24.0.0', '100.0.0'])(
  'accepts Node %s',
  (node) => expect(check(node)).toEqual({ printed: '', status: undefined }),
);

test.each([
  ['0.10.48', '20.19'],
  ['18.20.4', '20.19'],
  ['20.9.0', '20.19'],
  ['21.7.3', '22.12'],
  ['22.9.0', '22.12'],
])('rejects Node %s in one line', (node, needed) => {
  const printed = `motd: needs Node ${needed} or newer; this is ${node}\n`;
  expect(check(node)).toEqual({ printed, status: 1 });
});

test('package.json names the same versions', () => {
  expect(PACKAGE.engines.node).toBe('^20.19.0 || >=22.12.0');
});

test('precedes every script of package.json that Node runs', () => {
  const scripts: string[] = Object.values(PACKAGE.scripts);
  const ofNode = scripts.filter((script) => script.startsWith('node '));
  expect(ofNode.length).toBeGreaterThan(5);
  for (const script of ofNode) expect(script).toMatch(/^node -r \.\/cli\/checkNode\.cjs scripts\//);
});
