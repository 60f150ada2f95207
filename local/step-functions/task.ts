import { AwsFault, type Principal, type StageContext } from '../service.ts';

/** A task that failed: by the name, and with the cause, that `Retry` and `Catch` see on AWS. */
export class TaskError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

const INTEGRATION = 'arn:aws:states:::lambda:invoke';
const PARAMETERS = ['FunctionName', 'Payload', 'InvocationType'];
/** Not adjustable (D, Step Functions quotas): what a state takes and gives. */
const DATA_BYTES = 256 * 1024;

/** Throws a clause about a resource that the stage does not run. */
export function demandRunnable(resource: string, { assembly }: StageContext): void {
  if (resource === INTEGRATION) return;
  if (!resource.startsWith('arn:aws:lambda:')) {
    throw new Error(`has a task of ${resource}: the local stage runs functions only`);
  }
  if (!assembly.find('AWS::Lambda::Function', unqualified(resource))) {
    throw new Error(`has a task of ${resource}, which is no function of the template`);
  }
}

/**
 * Runs a task under the rights of the machine's role, and gives its result. Throws a {@link TaskError}: with
 * the function's own error where it failed, or with Lambda's where it could not be invoked.
 */
export async function runTask(
  context: StageContext,
  resource: string,
  input: unknown,
  principal: Principal,
): Promise<unknown> {
  const isPlain = resource !== INTEGRATION;
  const asked = isPlain ? { FunctionName: resource, Payload: input } : parametersIn(input);
  const functionArn = arnOf(context, asked.FunctionName);
  const payload = JSON.stringify(asked.Payload ?? {});
  demandSize(payload);
  try {
    if (!isPlain && asked.InvocationType === 'Event') {
      context.functions.invokeLater(functionArn, payload, principal);
      return { ...answered('', 202) };
    }
    const done = await context.functions.invoke(functionArn, payload, principal);
    if (done.error) throw new TaskError(done.errorType ?? 'Error', done.payload);
    demandSize(done.payload);
    const result: unknown = JSON.parse(done.payload);
    return isPlain ? result : answered(result, 200, done.requestId);
  } catch (error) {
    throw error instanceof AwsFault ? lambdaError(error) : error;
  }
}

interface Parameters {
  readonly FunctionName: string;
  readonly Payload?: unknown;
  readonly InvocationType?: string;
}

function parametersIn(input: unknown): Parameters {
  const given = Object(input) as Parameters;
  const unknown = Object.keys(given).find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined || typeof given.FunctionName !== 'string') {
    const what = unknown === undefined ? 'a task without FunctionName' : `the parameter ${unknown}`;
    throw new TaskError('States.Runtime', `The local stage does not run ${what} of lambda:invoke.`);
  }
  return given;
}

const answered = (Payload: unknown, StatusCode: number, RequestId?: string) => ({
  ...(StatusCode === 200 && { ExecutedVersion: '$LATEST' }),
  Payload,
  SdkHttpMetadata: { HttpStatusCode: StatusCode },
  SdkResponseMetadata: { RequestId },
  StatusCode,
});

function lambdaError({ name, message }: AwsFault): TaskError {
  const isOwn = name === 'ResourceNotFoundException' || name === 'TooManyRequestsException';
  return new TaskError(`Lambda.${isOwn ? name : 'AWSLambdaException'}`, message);
}

function demandSize(json: string): void {
  if (Buffer.byteLength(json) <= DATA_BYTES) return;
  throw new TaskError(
    'States.DataLimitExceeded',
    `The data of a state may have ${DATA_BYTES} bytes at the most.`,
  );
}

const unqualified = (named: string): string => named.replace(/:\$LATEST$/, '');

/** By its name or its ARN. */
const arnOf = ({ region, account }: StageContext, named: string): string =>
  named.startsWith('arn:')
    ? unqualified(named)
    : `arn:aws:lambda:${region}:${account}:function:${unqualified(named)}`;
