import { setImmediate } from 'node:timers/promises';
import {
  type AwsAnswer,
  type AwsCall,
  AwsFault,
  type Functions,
  type StageContext,
} from '../service.ts';
import { headerOf } from '../wire/canonical-request.ts';

interface Target {
  readonly logicalId: string;
  readonly logTail: (characters: number) => string;
}

const syncLimit = 6 * 1024 * 1024;
const asyncLimit = 1024 * 1024;
const logTailLimit = 4096;

/** Lambda's Invoke, the one operation of its API that functions of the template call. */
export async function answerInvokeApi(
  call: AwsCall,
  context: StageContext,
  functions: Functions,
  targetAt: (functionArn: string) => Target,
): Promise<AwsAnswer> {
  const { pathname, searchParams } = new URL(call.url, 'http://lambda');
  const [, named] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname) ?? [];
  if (named === undefined || call.method !== 'POST') {
    throw new AwsFault(
      'UnknownOperationException',
      `The local stage answers Lambda's Invoke and GetFunctionConfiguration only, not ${call.method} ${pathname}.`,
      404,
    );
  }
  const functionArn = arnOf(decodeURIComponent(named), searchParams.get('Qualifier'), context);
  // As on AWS, who may not call does not learn whether the function exists.
  context.access.demandInvoke(call.principal, functionArn);
  const { logicalId, logTail } = targetAt(functionArn);
  const type = headerOf(call, 'x-amz-invocation-type') || 'RequestResponse';
  if (type === 'DryRun') return { status: 204, on: logicalId };
  const payload = readPayload(call.body, type === 'Event' ? asyncLimit : syncLimit);

  if (type === 'Event') {
    functions.invokeLater(functionArn, payload, call.principal);
    return { status: 202, on: logicalId };
  }
  const invocation = await functions.invoke(functionArn, payload, call.principal);
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': invocation.requestId,
      'x-amz-executed-version': '$LATEST',
      ...(invocation.error ? { 'x-amz-function-error': invocation.error } : {}),
      ...(headerOf(call, 'x-amz-log-type') === 'Tail' ? await logHeader(logTail) : {}),
    },
    body: invocation.payload,
    on: logicalId,
  };
}

/** A name, an ARN or `account:function:name`, each with or without a qualifier. */
export function arnOf(
  named: string,
  qualifier: string | null,
  { region, account }: StageContext,
): string {
  const [, name = named, inName] = /^(?:.*:function:)?([^:]+)(?::([^:]+))?$/.exec(named) ?? [];
  const version = qualifier ?? inName ?? '$LATEST';
  const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
  return version === '$LATEST' ? arn : `${arn}:${version}`;
}

function readPayload(body: Buffer, limit: number): string {
  if (body.length > limit) {
    throw new AwsFault(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
      413,
    );
  }
  const text = body.toString() || '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    throw new AwsFault(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error instanceof Error ? error.message : ''}`,
    );
  }
  return text;
}

async function logHeader(logTail: Target['logTail']): Promise<Record<string, string>> {
  // What the function wrote comes by another pipe than its answer: let both arrive.
  await setImmediate();
  return { 'x-amz-log-result': Buffer.from(logTail(logTailLimit)).toString('base64') };
}
