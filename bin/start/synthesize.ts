import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../console/run.ts';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly.ts';

interface CdkSettings {
  readonly app: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

/**
 * Synthesizes the CDK app of `directory` into `output`. It runs the app of `cdk.json` with that file's
 * context, which is all that `cdk synth` does with it, without the two seconds that the CLI takes to
 * load and to validate. `settingsOfApp` is context beside it, as of `cdk synth -c`. Gives a sentence about the result; throws the app's own when the app refuses.
 */
export async function synthesize(
  directory: string,
  output: string,
  signal: AbortSignal,
  settingsOfApp: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const settings = JSON.parse(readFileSync(join(directory, 'cdk.json'), 'utf8')) as CdkSettings;
  // What the CLI adds: without it no resource would know its place in the construct tree.
  const context = {
    'aws:cdk:enable-path-metadata': true,
    ...settings.context,
    ...settingsOfApp,
  };
  const { code, said } = await run({
    command: settings.app.split(' '),
    directory,
    environment: {
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_VALIDATION: 'false',
    },
    signal,
  });
  if (code !== 0) throw new Error(`The CDK app does not synthesize: ${thrownSentence(said)}`);
  const { stacks } = readCloudAssembly(output);
  const resources = stacks.flatMap(({ template }) => Object.keys(template.Resources ?? {}));
  return `${stacks.map(({ name }) => name).join(' · ')} (${resources.length} resources)`;
}

/** What an uncaught error said; everything, when it was something else. */
function thrownSentence(said: string): string {
  return /^\w+(?: \[\w+\])?: (.+)\n\s+at /m.exec(said)?.[1] ?? said.trim();
}
