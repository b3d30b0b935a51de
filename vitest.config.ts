import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'scripts/compile.mjs',
    include: ['{protocol,access,server,client,bridge,feed,web,cli,bench}/**/*.test.ts'],
    // Most tests wait for a socket, a child or a clock: more of them at once keep the cores busy.
    maxWorkers: Math.max(4, availableParallelism()),
    // For a test that hangs. Far above what any test takes, so that load does not decide.
    // A soak does a hundred times as much.
    testTimeout: process.env['MOTD_SOAK'] === undefined ? 60_000 : 1_200_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
