import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'scripts/compile.mjs',
    include: ['{protocol,access,server,client,bridge,web,cli,bench}/**/*.test.ts'],
    // A hung conversation is a failure, not a wait.
    testTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
