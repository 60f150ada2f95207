import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What passing code logs says nothing; what failing code logs says a lot.
    silent: 'passed-only',
    reporters: ['default', './test/support/plain-line.ts'],
  },
});
