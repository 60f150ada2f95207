import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from './command.ts';

/** A running Switchboard: a stage, or a deployed stack. */
export interface Place {
  /** Every stack's outputs in one. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly isStage: boolean;
  /** An output that this command cannot do without. */
  output(name: string): string;
}

export const DEFAULT_OUTPUTS = '.stage/outputs.json';

/**
 * Where a file of outputs says that it is (`cdk deploy --outputs-file`, or the stage's). Beside a stage's
 * stands how to reach it: its `env` becomes ours, unless AWS is pointed elsewhere already.
 */
export function findPlace(file = DEFAULT_OUTPUTS): Place {
  const outputs = readOutputs(file);
  const environment = join(dirname(resolve(file)), 'env');
  const isStage = existsSync(environment);
  if (isStage && process.env.AWS_ENDPOINT_URL === undefined) {
    for (const [name, value] of readEnvironment(environment)) process.env[name] = value;
    delete process.env.AWS_PROFILE;
    delete process.env.AWS_SESSION_TOKEN;
  }
  return {
    outputs,
    isStage,
    output(name) {
      const value = outputs[name];
      if (value !== undefined) return value;
      throw new UsageError(
        `${file} has no output ${name}: is it of a Switchboard of this version?`,
      );
    },
  };
}

function readOutputs(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(
      `There is no ${file}. Start the stage ("npm start"), or name the outputs of a deployment: --outputs FILE, as "cdk deploy --outputs-file FILE" writes it.`,
    );
  }
  try {
    return Object.assign({}, ...Object.values(JSON.parse(text) as Record<string, object>));
  } catch {
    throw new UsageError(`${file} is no JSON.`);
  }
}

const readEnvironment = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
