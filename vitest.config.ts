import { defineConfig } from 'vitest/config';

// Two cores: one file at a time, so that servers and stages do not fight for them.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.TRANSLOAD_SUITE === 'all' ? [] : ['test/**/*.slow.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
