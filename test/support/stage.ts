import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seed } from '../../bin/seed.ts';
import { buildPage, builtPage } from '../../bin/start/page.ts';
import { synthesize } from '../../bin/start/synthesize.ts';
import { type Stage, startStage } from '../../local/stage.ts';
import type { Place } from './place.ts';

const root = resolve(import.meta.dirname, '../..');

export interface TestStageOptions {
  /** Settings of the CDK app, as `cdk synth -c` takes them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly dataDirectory?: string;
  readonly withPage?: boolean;
}

/** The whole product on free ports: synthesized, running, with Joe, Sam and their pets. */
export async function startTestStage(
  options: TestStageOptions = {},
): Promise<{ stage: Stage; place: Place; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
  const { signal } = new AbortController();
  const assemblyDirectory = join(folder, 'cdk.out');
  await synthesize(root, assemblyDirectory, signal, options.settings);
  if (options.withPage) await buildPage(root, signal);
  let users: Place['users'] = [];
  const stage = await startStage({
    assemblyDirectory,
    handoutDirectory: join(folder, 'handout'),
    port: 0,
    dataDirectory: options.dataDirectory,
    console: {
      directory: builtPage(root),
      facts: async ({ outputs, environment }) => {
        const facts = await seed(outputs, environment);
        ({ users } = facts);
        return facts;
      },
    },
  });
  const outputs = Object.assign({}, ...Object.values(stage.outputs)) as Record<string, string>;
  const place: Place = { outputs, urls: stage.urls, environment: stage.environment, users };
  return {
    stage,
    place,
    stop: async () => {
      await stage.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
