// .github/workflows/ci.yaml: what it runs, and on which versions of Node.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ROOT } from '../../testing/root.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

const workflow = parse(read('.github/workflows/ci.yaml'));
const { test: job } = workflow.jobs;

test('CI runs every test, from the oldest version of Node that is supported', QUICK, () => {
  const { engines } = JSON.parse(read('package.json'));
  const [oldest] = job.strategy.matrix.node;
  expect(engines.node).toMatch(new RegExp(`^\\^${oldest}\\.`));
  expect(job.steps).toContainEqual({ run: '.ci/run' });
});

test('CI may read the repository, and nothing else', QUICK, () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  expect(job).not.toHaveProperty('permissions');
});
