import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What passing code logs says nothing; what failing code logs says a lot.
    silent: 'passed-only',
    reporters: ['default', './test/support/plain-line.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/{rules,contract}/**/*.test.ts', 'test/architecture.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/{flows,invitations,lib,local,client,sample}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: ['test/{journeys,web}/**/*.test.ts'],
          globalSetup: './test/support/shared-stage.ts',
        },
      },
    ],
  },
});
