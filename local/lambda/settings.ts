import type { Resource, StageContext } from '../service.ts';

/** What the stage reads of one `AWS::Lambda::Function`, with AWS's defaults. */
export interface FunctionSettings {
  readonly id: string;
  readonly logicalId: string;
  readonly arn: string;
  /** What people call it: its place in the construct tree. */
  readonly shortName: string;
  readonly folder: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly reservedConcurrency: number | undefined;
  readonly logFormat: 'JSON' | 'Text';
  readonly logLevel: string;
  readonly logGroup: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The one runtime that the stage has: the Node it runs on itself. */
export const runtime = 'nodejs24.x';

/** Throws a sentence when the function is of a kind that the stage cannot run. */
export function readSettings(fn: Resource, { assembly }: StageContext): FunctionSettings {
  const { properties, path, id } = fn;
  const refuse = (what: string) => new Error(`Function ${path} ${what}`);
  if (properties.Runtime !== runtime) {
    throw refuse(
      `has the runtime ${properties.Runtime ?? 'of a container image'}; the local stage runs ${runtime} only.`,
    );
  }
  if (Array.isArray(properties.Layers) && properties.Layers.length > 0) {
    throw refuse('has layers, which the local stage does not mount: bundle the code instead.');
  }
  const { S3Key } = properties.Code as { S3Key?: string };
  if (S3Key === undefined) {
    throw refuse('has its code inside the template; the local stage runs code from assets.');
  }
  const logging = (properties.LoggingConfig ?? {}) as Record<string, string>;
  const environment = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  return {
    id,
    logicalId: fn.logicalId,
    arn: fn.arn,
    shortName: shortNameOf(fn),
    folder: assembly.assetPath(S3Key),
    handler: String(properties.Handler),
    timeoutMs: Number(properties.Timeout ?? 3) * 1000,
    memoryMb: Number(properties.MemorySize ?? 128),
    reservedConcurrency:
      properties.ReservedConcurrentExecutions === undefined
        ? undefined
        : Number(properties.ReservedConcurrentExecutions),
    logFormat: logging.LogFormat === 'JSON' ? 'JSON' : 'Text',
    logLevel: logging.ApplicationLogLevel ?? 'INFO',
    logGroup: logging.LogGroup ?? `/aws/lambda/${id}`,
    variables: Object.fromEntries(
      Object.entries(environment.Variables ?? {}).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** `Switchboard/Service/Connect/Resource` is `Connect` to people. */
function shortNameOf({ path, logicalId }: Resource): string {
  const names = path.split('/').filter((name) => name !== 'Resource' && name !== '');
  return names.at(-1) ?? logicalId;
}
