import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { createFunctions } from '../../local/lambda/functions.ts';
import type { AwsCall, Principal, Service, StageContext } from '../../local/service.ts';
import { eventually } from '../support/eventually.ts';
import {
  account,
  functionArn,
  openSmallStage,
  region,
  resource,
  type SmallStage,
} from './fixtures/small-stage.ts';

const operator: Principal = { kind: 'operator', name: 'operator', arn: '', roleArn: '' };
const queueArn = `arn:aws:sqs:${region}:${account}:lost`;
const queueUrl = `http://127.0.0.1/${account}/lost`;
const minute = 60_000;

const failing = `export const handler = async (event) => { throw new RangeError('no ' + event.pet); };`;
const failsTwice = `export const handler = async () => { if (process.env.N !== '2') { process.env.N = String(Number(process.env.N ?? 0) + 1); throw new Error('not yet'); } return 'done'; };`;
const mayLose = [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn }];
const queue = resource('AWS::SQS::Queue', queueUrl, queueArn);

const config = (properties: object) =>
  resource('AWS::Lambda::EventInvokeConfig', 'config', '', {
    FunctionName: 'greet',
    Qualifier: '$LATEST',
    ...properties,
  });
const toQueue = { DestinationConfig: { OnFailure: { Destination: queueArn } } };

/** Queues, as far as a destination needs them: what was sent, by whom it was allowed to. */
function createTinySqs(context: StageContext, sent: AwsCall[]): Service {
  return {
    name: 'tiny queues',
    scopes: ['sqs'],
    start: async () => '',
    stop: async () => {},
    async handle(call) {
      context.access.demand(call.principal, 'sqs:SendMessage', queueArn);
      sent.push(call);
      return { status: 200, body: '{}' };
    },
  };
}

let stage: SmallStage;
let sent: AwsCall[];
const open = async (
  code: string,
  resources: Parameters<typeof openSmallStage>[0]['resources'] = [],
  rest: object = {},
) => {
  sent = [];
  stage = await openSmallStage({
    functions: { greet: { code, statements: mayLose, ...rest } },
    resources: [queue, ...resources],
    services: (context) => [createTinySqs(context, sent)],
  });
};
afterEach(() => stage.stop());

const later = (event: object) =>
  stage.functions.invokeLater(functionArn('greet'), JSON.stringify(event), operator);
const tries = () => stage.context.trace.recent().filter(({ kind }) => kind === 'invoke');
const afterTries = (count: number) => eventually(() => expect(tries()).toHaveLength(count));
const waiting = () => stage.context.store.entries('lambda.events').length;

describe('an asynchronous invocation', () => {
  test('that succeeds is over', async () => {
    await open(`export const handler = async () => 'done';`);
    later({});
    await afterTries(1);
    expect(tries()[0]).toMatchObject({ by: 'operator', on: 'greet', outcome: 'ok' });
    await eventually(() => expect(waiting()).toBe(0));
  });

  test('is tried again after one minute and after two more, with the same request id', async () => {
    await open(failsTwice);
    later({});
    await afterTries(1);
    stage.context.clock.advance(minute - 1000);
    expect(tries()).toHaveLength(1);
    stage.context.clock.advance(1000);
    await afterTries(2);
    stage.context.clock.advance(2 * minute);
    await afterTries(3);
    expect(tries().map(({ outcome }) => outcome)).toEqual(['Error', 'Error', 'ok']);
    expect(new Set(tries().map(({ detail }) => detail?.requestId)).size).toBe(1);
    await eventually(() => expect(waiting()).toBe(0));
  });

  test('that never succeeds goes to its destination with what it came to', async () => {
    await open(failing, [config(toQueue)]);
    later({ pet: 's1' });
    await afterTries(1);
    stage.context.clock.advance(minute);
    await afterTries(2);
    stage.context.clock.advance(2 * minute);
    await eventually(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.principal.name).toBe('greet');
    const { QueueUrl, MessageBody } = JSON.parse(String(sent[0]?.body));
    expect(QueueUrl).toBe(queueUrl);
    expect(JSON.parse(MessageBody)).toEqual({
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      requestContext: {
        requestId: tries()[0]?.detail?.requestId,
        functionArn: `${functionArn('greet')}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { pet: 's1' },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: {
        errorType: 'RangeError',
        errorMessage: 'no s1',
        trace: expect.arrayContaining(['RangeError: no s1']),
      },
    });
    expect(stage.warnings).toEqual([]);
  });

  test('has as many tries as it is configured', async () => {
    await open(failing, [config({ ...toQueue, MaximumRetryAttempts: 0 })]);
    later({});
    await eventually(() => expect(sent).toHaveLength(1));
    expect(tries()).toHaveLength(1);
  });

  test('is given up when it would be too old', async () => {
    await open(failing, [config({ ...toQueue, MaximumEventAgeInSeconds: 60 })]);
    later({});
    await afterTries(1);
    stage.context.clock.advance(minute);
    await eventually(() => expect(sent).toHaveLength(1));
    const record = JSON.parse(JSON.parse(String(sent[0]?.body)).MessageBody);
    expect(record.requestContext).toMatchObject({ condition: 'EventAgeExceeded' });
  });

  test('that is lost says so, by name', async () => {
    await open(failing, [config({ MaximumRetryAttempts: 0 })]);
    later({});
    await eventually(() => expect(stage.warnings).toHaveLength(1));
    expect(stage.warnings[0]).toMatch(
      /^Small\/greet\/Resource failed 1 times on the event .* has no on-failure destination: the event is lost\.$/,
    );
  });

  test('that its role may not send to the destination says so', async () => {
    await open(failing, [config({ ...toQueue, MaximumRetryAttempts: 0 })], { statements: [] });
    later({});
    await eventually(() => expect(stage.warnings).toHaveLength(1));
    expect(stage.warnings[0]).toContain('is not authorized to perform: sqs:SendMessage');
  });

  test('goes to the dead-letter queue of its function as it came', async () => {
    await open(failing, [config({ MaximumRetryAttempts: 0 })], {
      properties: { DeadLetterConfig: { TargetArn: queueArn } },
    });
    later({ pet: 's1' });
    await eventually(() => expect(sent).toHaveLength(1));
    expect(JSON.parse(String(sent[0]?.body)).MessageBody).toBe('{"pet":"s1"}');
  });

  test('that finds no free process is tried again soon', async () => {
    const code = `export const handler = (ms) => new Promise((r) => setTimeout(r, ms));`;
    await open(code, [], { properties: { ReservedConcurrentExecutions: 1 } });
    const busy = stage.functions.invoke(functionArn('greet'), '300', operator);
    stage.functions.invokeLater(functionArn('greet'), '0', operator);
    await busy;
    await afterTries(2);
  });

  test('is taken up by the next stage on the same store', async () => {
    await open(failing);
    later({});
    await afterTries(1);
    await stage.functions.stop();
    expect(waiting()).toBe(1);
    const next = createFunctions(stage.context);
    await next.start();
    stage.context.clock.advance(minute);
    await afterTries(2);
    await next.stop();
  });

  test('is accepted by Lambda’s API with 202 and nothing else', async () => {
    await open(`export const handler = async () => 'done';`);
    const call = new InvokeCommand({ FunctionName: 'greet', InvocationType: 'Event' });
    const answer = await new LambdaClient(stage.clientOf('operator')).send(call);
    expect(answer).toMatchObject({ StatusCode: 202 });
    expect(answer.Payload ?? []).toHaveLength(0);
    await afterTries(1);
  });

  test('of an unknown function, or by a caller without the right, is refused at once', async () => {
    await open(failing);
    const unknown = () => stage.functions.invokeLater(functionArn('nobody'), '{}', operator);
    expect(unknown).toThrow('Function not found');
    const stranger = stage.context.access.principalOfFunction('greet');
    expect(() => stage.functions.invokeLater(functionArn('greet'), '{}', stranger)).toThrow(
      'is not authorized to perform: lambda:InvokeFunction',
    );
  });
});
