import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from './errors.ts';

/** A running Switchboard: a stage, or a deployed stack. */
export interface Place {
  /** Every stack's outputs in one. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly isStage: boolean;
  /** How clients of the SDK find it. @default as their environment says */
  readonly aws: AwsOptions;
  /** An output that this command cannot do without. */
  output(name: string): string;
}

export interface AwsOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
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
  return placeAt(outputs, isStage, {}, file);
}

/** A place whose outputs are known. */
export const placeAt = (
  outputs: Place['outputs'],
  isStage: boolean,
  aws: AwsOptions,
  file = 'The deployment',
): Place => ({
  outputs,
  isStage,
  aws,
  output(name) {
    const value = outputs[name];
    if (value !== undefined) return value;
    throw new UsageError(`${file} has no output ${name}: is it of a Switchboard of this version?`);
  },
});

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

/** The stage that runs in this very process, as its operator. */
export function placeOfStage(stage: {
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly urls: { readonly aws: string };
}): Place {
  const { AWS_REGION = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = stage.environment;
  return placeAt(Object.assign({}, ...Object.values(stage.outputs)), true, {
    endpoint: stage.urls.aws,
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
}
