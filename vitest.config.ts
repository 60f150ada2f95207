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
          name: 'models',
          include: ['test/{explore,sequencer,invitations,flows,lib}/**/*.test.ts'],
          // Each has an engine of its own and a time of its own: nothing in them depends on how busy a machine is.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: [
            'test/{audit,conflicts,platform,local,client,sample,stages,torture}/**/*.test.ts',
          ],
          exclude: pure,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
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
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
