import { expect, test } from 'vitest';
import { DescriptorBudget } from './descriptorBudget.ts';

/** How many sessions get descriptors, with those of the connections to browsers left out. */
function sessions(budget: DescriptorBudget): number {
  let count = 0;
  while (budget.acquire() !== undefined) count++;
  return count;
}

test('counts the file of a session that is recorded', () => {
  const plain = sessions(new DescriptorBudget(1064));
  expect(plain).toBe(1000);
  expect(sessions(new DescriptorBudget(1064, true))).toBe(plain / 2);
});

test('a session releases all its descriptors', () => {
  const budget = new DescriptorBudget(66, true);
  const lease = budget.acquire();
  expect(budget.acquire()).toBeUndefined();
  lease?.release();
  expect(budget.acquire()).toBeDefined();
});
