import { fork, spawnSync } from 'node:child_process';
import events from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal, Trace, TraceEvent } from '../../local/service.ts';
import { eventually } from '../support/eventually.ts';
import { functionArn, openSmallStage, type SmallStage } from './fixtures/small-stage.ts';

const caller: Principal = { kind: 'operator', name: 'operator', arn: '', roleArn: '' };
const invokeRight = (name: string) => ({
  Effect: 'Allow',
  Action: 'lambda:InvokeFunction',
  Resource: functionArn(name),
});
const json = { LoggingConfig: { LogFormat: 'JSON' } };

let stage: SmallStage;
beforeAll(async () => {
  stage = await openSmallStage({
    functions: {
      echo: {
        code: 'export const handler = async (event) => event;',
        statements: [invokeRight('throws')],
      },
      environment: {
        code: 'export const handler = async () => ({ env: process.env, cwd: process.cwd(), send: typeof process.send });',
        properties: { Environment: { Variables: { TABLE_NAME: 'Pets' } }, Timeout: 5 },
      },
      context: {
        code: 'export const handler = async (_event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() });',
        properties: { MemorySize: 256, Timeout: 7 },
      },
      dates: {
        code: `export const handler = async () => {
            const began = performance.now();
            await new Promise((r) => setTimeout(r, 20));
            const made = new Date();
            return {
              pid: process.pid, now: Date.now(), made: made.getTime(), said: Date.parse(Date()),
              isDate: made instanceof Date && made.constructor === Date,
              fixed: new Date(0).toISOString(), waited: performance.now() - began,
            };
          };`,
      },
      nothing: { code: 'export const handler = async () => {};' },
      counts: {
        code: 'let n = 0; export const handler = async () => ({ n: ++n, pid: process.pid });',
      },
      meets: {
        // Answers when as many requests are in flight as it is told: each in a process of its own.
        code: `import { readdirSync, writeFileSync } from 'node:fs';
          let busy = 0;
          export const handler = async ({ folder, name, together }) => {
            if (++busy > 1) throw new Error('Two requests in one process');
            writeFileSync(folder + '/' + name, '');
            while (readdirSync(folder).length < together) await new Promise((r) => setTimeout(r, 5));
            busy--;
            return process.pid;
          };`,
        properties: { Timeout: 20 },
      },
      throws: {
        code: `class PetLost extends Error { name = 'PetLost'; }
          export const handler = async () => { throw new PetLost('s1 is gone'); };`,
      },
      throwsText: { code: `export const handler = async () => { throw 'text'; };` },
      sleeps: {
        code: 'export const handler = () => new Promise((r) => setTimeout(r, 60_000));',
        properties: { Timeout: 1 },
      },
      spins: {
        code: 'export const handler = async () => { for (;;); };',
        properties: { Timeout: 1 },
      },
      exits: { code: 'export const handler = async ({ code }) => process.exit(code);' },
      kills: {
        code: `export const handler = async () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); };`,
      },
      rejectsAside: {
        code: `export const handler = () => { Promise.reject(new Error('aside')); return new Promise((r) => setTimeout(r, 5000)); };`,
      },
      circular: {
        code: 'export const handler = async () => { const a = {}; a.a = a; return a; };',
      },
      tooLarge: { code: `export const handler = async () => 'x'.repeat(6 * 1024 * 1024 + 101);` },
      badSyntax: { code: 'export const handler = async () => {' },
      badImport: { code: `import 'no-such-package'; export const handler = async () => {};` },
      badStart: { code: `throw new RangeError('at the top');` },
      noHandler: { code: 'export const main = async () => {};' },
      callback: { code: 'export const handler = (event, context, callback) => callback(null, 1);' },
      noFile: { code: '', properties: { Handler: 'other.handler' } },
      logsText: {
        code: `console.log('at the top');
          export const handler = async () => {
            console.info('two\\nlines', { a: 1 });
            console.debug('fine');
            process.stdout.write('raw\\n');
          };`,
      },
      logsJson: {
        code: `export const handler = async () => {
            console.log({ event: 'session.resumed' });
            console.debug('too fine');
            console.error('it failed:', new RangeError('no'));
          };`,
        properties: json,
      },
      reserved: {
        code: 'export const handler = async (ms) => new Promise((r) => setTimeout(r, ms));',
        properties: { ReservedConcurrentExecutions: 1 },
      },
    },
  });
});
afterAll(() => stage.stop());

const invoke = (name: string, event: unknown = {}) =>
  stage.functions.invoke(functionArn(name), JSON.stringify(event), caller);
const answerOf = async (name: string, event?: unknown) =>
  JSON.parse((await invoke(name, event)).payload);

describe('a function', () => {
  test('gets its event and answers', async () => {
    const event = { text: 'ä "\\ \u2028 🐕', n: [1, null] };
    expect(await invoke('echo', event)).toEqual({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      payload: JSON.stringify(event),
    });
  });

  test('that returns nothing answers null', async () => {
    expect((await invoke('nothing')).payload).toBe('null');
  });

  test('keeps its process from one request to the next', async () => {
    const first = await answerOf('counts');
    const second = await answerOf('counts');
    expect(second).toEqual({ n: first.n + 1, pid: first.pid });
  });

  test('has as many processes as requests at once, and each has one request', async () => {
    const requests = ['a', 'b', 'c', 'd'].map((name) =>
      answerOf('meets', { folder: stage.context.assembly.assetPath('nothing'), name, together: 5 }),
    );
    expect(new Set(await Promise.all(requests)).size).toBe(4);
  });

  test('gets more requests than it has processes one after the other', async () => {
    const all = await Promise.all(Array.from({ length: 30 }, (_, n) => answerOf('echo', n)));
    expect(all).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  test('with reserved concurrency throttles beyond it', async () => {
    const first = invoke('reserved', 200);
    await expect(invoke('reserved', 0)).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      message: 'Rate Exceeded.',
      status: 429,
    });
    await first;
    expect((await invoke('reserved', 0)).payload).toBe('null');
  });

  test('lives in the time of the stage, however far it was moved', async () => {
    const { clock } = stage.context;
    const day = 86_400_000;
    const before = await answerOf('dates');
    expect(Math.abs(before.now - Date.now())).toBeLessThan(10_000);
    clock.advance(day);
    const after = await answerOf('dates');
    expect(Math.abs(after.now - Date.now() - day)).toBeLessThan(10_000);
    expect(after).toMatchObject({
      pid: before.pid,
      isDate: true,
      fixed: '1970-01-01T00:00:00.000Z',
    });
    expect(Math.abs(after.made - after.now)).toBeLessThan(1_000);
    expect(Math.abs(after.said - after.now)).toBeLessThan(2_000);
    expect(after.waited).toBeLessThan(5_000);
  });

  test('finds exactly its own variables and Lambda’s', async () => {
    const { env, cwd, send } = await answerOf('environment');
    const { credential } = stage.context.access;
    expect(credential(env.AWS_ACCESS_KEY_ID)).toMatchObject({
      principal: { name: 'environment' },
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      sessionToken: env.AWS_SESSION_TOKEN,
    });
    const endpoint = stage.clientOf('environment').endpoint;
    const folder = stage.context.assembly.assetPath('environment');
    expect(env).toEqual({
      TABLE_NAME: 'Pets',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'environment',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/environment',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(
        /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
      ),
      AWS_LAMBDA_LOG_FORMAT: 'Text',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: 'index.handler',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/),
      LANG: 'en_US.UTF-8',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      TZ: ':UTC',
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_SECRET_ACCESS_KEY: expect.any(String),
      AWS_SESSION_TOKEN: expect.any(String),
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_ENDPOINT_URL_SQS: endpoint,
      AWS_ENDPOINT_URL_LAMBDA: endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoint,
      AWS_ENDPOINT_URL_SFN: endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint,
    });
    expect(cwd).toBe(folder);
    expect(send).toBe('undefined');
  });

  test('learns of its request from the context', async () => {
    const { requestId, payload } = await invoke('context');
    const { remaining, ...context } = JSON.parse(payload);
    expect(context).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      awsRequestId: requestId,
      functionName: 'context',
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn('context'),
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/context',
      logStreamName: expect.any(String),
    });
    expect(remaining).toBeGreaterThan(6000);
    expect(remaining).toBeLessThanOrEqual(7000);
  });
});

describe('a function that fails', () => {
  const runtimeWords = (words: string) =>
    expect.stringMatching(`^RequestId: [0-9a-f-]{36} Error: ${words}$`);
  test.each<[string, string, unknown, object]>([
    [
      'by an error',
      'throws',
      {},
      {
        errorType: 'PetLost',
        errorMessage: 's1 is gone',
        trace: expect.arrayContaining(['PetLost: s1 is gone']),
      },
    ],
    [
      'by something else',
      'throwsText',
      {},
      { errorType: 'string', errorMessage: 'text', trace: [] },
    ],
    [
      'by waiting too long',
      'sleeps',
      {},
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: runtimeWords('Task timed out after 1.00 seconds'),
      },
    ],
    [
      'by never letting go',
      'spins',
      {},
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: runtimeWords('Task timed out after 1.00 seconds'),
      },
    ],
    [
      'by ending its process with an error',
      'exits',
      { code: 3 },
      {
        errorType: 'Runtime.ExitError',
        errorMessage: runtimeWords('Runtime exited with error: exit status 3'),
      },
    ],
    [
      'by ending its process',
      'exits',
      { code: 0 },
      {
        errorType: 'Runtime.ExitError',
        errorMessage: runtimeWords('Runtime exited without providing a reason'),
      },
    ],
    [
      'by being killed',
      'kills',
      {},
      {
        errorType: 'Runtime.ExitError',
        errorMessage: runtimeWords('Runtime exited with error: signal: killed'),
      },
    ],
    [
      'by a rejection that nobody handles',
      'rejectsAside',
      {},
      { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: aside' },
    ],
    ['by an answer that is no JSON', 'circular', {}, { errorType: 'Runtime.JSONStringifyError' }],
    ['by an answer beyond 6 MB', 'tooLarge', {}, { errorType: 'Function.ResponseSizeTooLarge' }],
    ['by its syntax', 'badSyntax', {}, { errorType: 'Runtime.UserCodeSyntaxError' }],
    [
      'by an import',
      'badImport',
      {},
      {
        errorType: 'Error',
        errorMessage: expect.stringContaining("Cannot find package 'no-such-package'"),
      },
    ],
    [
      'at the top of its module',
      'badStart',
      {},
      { errorType: 'RangeError', errorMessage: 'at the top' },
    ],
    [
      'by having no handler',
      'noHandler',
      {},
      {
        errorType: 'Runtime.HandlerNotFound',
        errorMessage: 'index.handler is undefined or not exported',
      },
    ],
    [
      'by a handler with a callback',
      'callback',
      {},
      { errorType: 'Runtime.CallbackHandlerDeprecated' },
    ],
    [
      'by having no such file',
      'noFile',
      {},
      { errorType: 'Runtime.ImportModuleError', errorMessage: "Error: Cannot find module 'other'" },
    ],
  ])('%s answers as on AWS', async (_case, name, event, expected) => {
    const { error, errorType, payload } = await invoke(name, event);
    expect(JSON.parse(payload)).toMatchObject(expected);
    expect({ error, errorType }).toEqual({
      error: 'Unhandled',
      errorType: JSON.parse(payload).errorType,
    });
  });

  test('with its process has another one for the next request', async () => {
    await invoke('exits', { code: 1 });
    expect(await answerOf('exits', {})).toMatchObject({ errorType: 'Runtime.ExitError' });
  });
});

describe('what a function writes', () => {
  const lines = (name: string) =>
    stage.context.trace.recent().filter((event) => event.kind === 'log' && event.by === name);
  const arrived = (name: string, count: number) =>
    eventually(() => {
      expect(lines(name).length).toBeGreaterThanOrEqual(count);
      return lines(name).map(({ outcome }: TraceEvent) => outcome);
    });

  test('comes as Lambda’s text lines, to the trace and to its file', async () => {
    const { requestId } = await invoke('logsText');
    const written = await arrived('logsText', 4);
    expect(written[0]).toMatch(/^\d{4}-.*Z\tundefined\tINFO\tat the top$/);
    expect(written[1]).toMatch(new RegExp(`Z\t${requestId}\tINFO\ttwo\nlines { a: 1 }$`));
    expect(written[2]).toMatch(/\tDEBUG\tfine$/);
    expect(written[3]).toBe('raw');
    const file = join(stage.context.directory, 'logs', 'logsText.log');
    await eventually(() => expect(readFileSync(file, 'utf8')).toContain('raw'));
  });

  test('comes as Lambda’s JSON lines from its level on, where that is the format', async () => {
    const { requestId } = await invoke('logsJson');
    const written = (await arrived('logsJson', 2)).map((line) => JSON.parse(line));
    expect(written[0]).toEqual({
      timestamp: expect.any(String),
      level: 'INFO',
      requestId,
      message: { event: 'session.resumed' },
    });
    expect(written[1]).toMatchObject({
      level: 'ERROR',
      message: expect.stringMatching(/^it failed: RangeError: no/),
      errorType: 'RangeError',
      errorMessage: 'no',
    });
    expect(written).toHaveLength(2);
  });

  test('has what ended it', async () => {
    await invoke('throws');
    expect((await arrived('throws', 1))[0]).toMatch(/Invoke Error \t\{"errorType":"PetLost"/);
    const { payload } = await invoke('exits', { code: 9 });
    expect((await arrived('exits', 1)).at(-1)).toBe(JSON.parse(payload).errorMessage);
  });
});

describe('Lambda’s API', () => {
  const client = (name: string) => new LambdaClient(stage.clientOf(name));
  const Payload = Buffer.from('{"a":1}');

  test('invokes by name, by ARN and with $LATEST', async () => {
    for (const FunctionName of [
      'echo',
      functionArn('echo'),
      'echo:$LATEST',
      '000000000000:function:echo',
    ]) {
      const answer = await client('operator').send(new InvokeCommand({ FunctionName, Payload }));
      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
      expect(answer.FunctionError).toBeUndefined();
      expect(answer.Payload?.transformToString()).toBe('{"a":1}');
    }
  });

  test('answers 200 with FunctionError when the function failed', async () => {
    const answer = await client('echo').send(new InvokeCommand({ FunctionName: 'throws' }));
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({
      errorType: 'PetLost',
    });
  });

  test('refuses a function whose role does not grant it, whether or not the other exists', async () => {
    for (const FunctionName of ['echo', 'nobody']) {
      await expect(
        client('throws').send(new InvokeCommand({ FunctionName })),
      ).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: `User: arn:aws:sts::000000000000:assumed-role/throwsRole/throws is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn(FunctionName)} because no identity-based policy allows the lambda:InvokeFunction action`,
        $metadata: { httpStatusCode: 403 },
      });
    }
  });

  test('tells with what a function runs, to those who may know', async () => {
    const call = new GetFunctionConfigurationCommand({ FunctionName: 'environment' });
    expect(await client('operator').send(call)).toMatchObject({
      FunctionName: 'environment',
      FunctionArn: functionArn('environment'),
      Runtime: 'nodejs24.x',
      Timeout: 5,
      MemorySize: 128,
      Environment: { Variables: { TABLE_NAME: 'Pets' } },
    });
    await expect(client('echo').send(call)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('lambda:GetFunctionConfiguration'),
    });
    const nobody = new GetFunctionConfigurationCommand({ FunctionName: 'nobody' });
    await expect(client('operator').send(nobody)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('answers a dry run without running anything', async () => {
    const dryRun = { FunctionName: 'throws', InvocationType: 'DryRun' } as const;
    expect(await client('echo').send(new InvokeCommand(dryRun))).toMatchObject({ StatusCode: 204 });
  });

  test('gives the end of the log to those who ask for it', async () => {
    const call = new InvokeCommand({ FunctionName: 'logsText', LogType: 'Tail' });
    const { LogResult = '' } = await client('operator').send(call);
    expect(Buffer.from(LogResult, 'base64').toString()).toContain('raw');
  });

  test.each<[string, object, object]>([
    [
      'an unknown function',
      { FunctionName: 'nobody' },
      {
        name: 'ResourceNotFoundException',
        message: `Function not found: ${functionArn('nobody')}`,
        $metadata: { httpStatusCode: 404 },
      },
    ],
    [
      'a version',
      { FunctionName: 'echo', Qualifier: '7' },
      {
        name: 'ResourceNotFoundException',
        message: `Function not found: ${functionArn('echo')}:7`,
      },
    ],
    [
      'what is no JSON',
      { FunctionName: 'echo', Payload: Buffer.from('{a') },
      { name: 'InvalidRequestContentException', $metadata: { httpStatusCode: 400 } },
    ],
    [
      'more than 6 MB',
      { FunctionName: 'echo', Payload: Buffer.alloc(6 * 1024 * 1024 + 1, ' ') },
      { name: 'RequestTooLargeException', $metadata: { httpStatusCode: 413 } },
    ],
    [
      'more than 1 MB for an event',
      {
        FunctionName: 'echo',
        InvocationType: 'Event',
        Payload: Buffer.alloc(1024 * 1024 + 1, ' '),
      },
      { name: 'RequestTooLargeException' },
    ],
  ])('refuses %s', async (_case, input, refusal) => {
    const call = new InvokeCommand(input as { FunctionName: string });
    await expect(client('operator').send(call)).rejects.toMatchObject(refusal);
  });
});

describe('between requests', () => {
  test('a function stands still: what it left undone goes on with the next one', async () => {
    const code = `let ticks = 0;
      export const handler = async ({ work }) => {
        if (work) setInterval(() => ticks++, 1);
        return ticks;
      };`;
    const other = await openSmallStage({ functions: { works: { code } } });
    const ticks = async (event: object) =>
      Number(
        (await other.functions.invoke(functionArn('works'), JSON.stringify(event), caller)).payload,
      );
    expect(await ticks({ work: true })).toBe(0);
    // Time for a hundred ticks, if it were not frozen.
    await setTimeout(100);
    expect(await ticks({})).toBeLessThan(10);
    await other.stop();
  });
});

describe('when the stage ends', () => {
  /** A zombie is gone: nobody may be there to reap what lost its parent. */
  const isThere = (pid: number) =>
    /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout);

  test('by stopping, it leaves no process, not even a busy one', async () => {
    const code = `export const handler = async ({ spin }) => {
      if (spin) console.log('spinning');
      while (spin);
      return process.pid;
    };`;
    const other = await openSmallStage({ functions: { spins: { code } } });
    const { payload } = await other.functions.invoke(functionArn('spins'), '{}', caller);
    const spinning = once(other.context.trace, 'log');
    const busy = other.functions.invoke(functionArn('spins'), '{"spin":true}', caller);
    await spinning;
    await other.stop();
    expect(await busy).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(isThere(Number(payload))).toBe(false);
  });

  test('by kill -9, it leaves no process either, frozen or busy', async () => {
    const fixture = new URL('fixtures/abandoned-stage.ts', import.meta.url);
    const child = fork(fixture, { execArgv: [] });
    const [pids] = (await events.once(child, 'message')) as [number[]];
    expect(pids.map(isThere)).toEqual([true, true]);
    child.kill('SIGKILL');
    await eventually(() => expect(pids.map(isThere)).toEqual([false, false]));
  });
});

/** The next event of that kind. */
function once(trace: Trace, kind: TraceEvent['kind']): Promise<TraceEvent> {
  return new Promise((resolve) => {
    const end = trace.follow((event) => {
      if (event.kind !== kind) return;
      end();
      resolve(event);
    });
  });
}
