import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seed } from '../../bin/seed.ts';
import { synthesize } from '../../bin/start/synthesize.ts';
import { buildPage, builtPage } from '../../console/build-page.ts';
import { type Stage, startStage } from '../../local/stage.ts';
import { operatorApi } from '../../operator/api.ts';
import { placeOfStage } from '../../operator/place.ts';
import type { Place } from './place.ts';

const root = resolve(import.meta.dirname, '../..');

export interface TestStageOptions {
  /** Settings of the CDK app, as `cdk synth -c` takes them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly dataDirectory?: string;
  readonly withPage?: boolean;
  /** Changes what was synthesized before it runs: the template of a stack, in place. */
  readonly alter?: (stack: string, template: Template) => void;
}

export interface Template {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

/** The whole product on free ports: synthesized, running, with Joe, Sam and their pets. */
export async function startTestStage(
  options: TestStageOptions = {},
): Promise<{ stage: Stage; place: Place; handoutDirectory: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
  const { signal } = new AbortController();
  const assemblyDirectory = join(folder, 'cdk.out');
  // Tests are about topics of their own; what the rules of topics shut is a test of its own.
  const settings = { 'switchboard:topics': '**', ...options.settings };
  await synthesize(root, assemblyDirectory, signal, settings);
  if (options.alter) alterTemplates(assemblyDirectory, options.alter);
  if (options.withPage) await buildPage(root, signal);
  let users: Place['users'] = [];
  const handoutDirectory = join(folder, 'handout');
  const stage = await startStage({
    assemblyDirectory,
    handoutDirectory,
    port: 0,
    dataDirectory: options.dataDirectory,
    console: {
      directory: builtPage(root),
      facts: async ({ outputs, environment }) => {
        const facts = await seed(outputs, environment);
        ({ users } = facts);
        return facts;
      },
      serve: (running) => operatorApi(placeOfStage(running)),
    },
  });
  const outputs = Object.assign({}, ...Object.values(stage.outputs)) as Record<string, string>;
  const { urls, environment, context } = stage;
  const place: Place = { outputs, urls, environment, directory: context.directory, users };
  return {
    stage,
    place,
    handoutDirectory,
    stop: async () => {
      await stage.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function alterTemplates(directory: string, alter: NonNullable<TestStageOptions['alter']>): void {
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.template.json'))) {
    const path = join(directory, file);
    const template = JSON.parse(readFileSync(path, 'utf8')) as Template;
    alter(file.replace('.template.json', ''), template);
    writeFileSync(path, JSON.stringify(template));
  }
}
