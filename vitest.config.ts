import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'scripts/compile.mjs',
    include: ['{protocol,access,server,client,bridge,web,cli,bench}/**/*.test.ts'],
    // Most tests wait for a socket, a child or a clock: more of them at once keep the cores busy.
    maxWorkers: Math.max(4, availableParallelism()),
    // A test whose conversation hangs fails after this.
    testTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
