import { defineConfig } from 'vitest/config';

/** Without engine, stage or browser: what `npm run check` runs. */
const pure = [
  'test/{rules,contract,bench,cli}/**/*.test.ts',
  'test/operator/**/*.test.ts',
  'test/architecture.test.ts',
  'test/client/{inbox,backoff}.test.ts',
  'test/web/{gates,hops,metrics,presence,code-letters,wire}.test.ts',
];

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
        test: { name: 'pure', include: pure, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: [
            'test/{audit,explore,sequencer,conflicts,flows,platform,invitations,lib,local,client,sample,stages,torture}/**/*.test.ts',
          ],
          exclude: pure,
          // Each file has engines and stages of its own: while one waits for something, another one goes on.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: ['test/{journeys,web}/**/*.test.ts'],
          exclude: pure,
          // They share a stage, and the two cores with it.
          globalSetup: './test/support/shared-stage.ts',
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
