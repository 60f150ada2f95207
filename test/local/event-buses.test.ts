import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeEventBusCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  PutRuleCommand,
} from '@aws-sdk/client-eventbridge';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createEventBuses } from '../../local/events/event-buses.ts';
import { createSchedules } from '../../local/events/schedules.ts';
import { AwsFault, type Resource, type Service, type StageContext } from '../../local/service.ts';
import { queueOf } from '../../local/sqs/queue-registry.ts';
import { createQueues } from '../../local/sqs/queues.ts';
import {
  arnOf,
  eventually,
  type HandMade,
  handMadeContext,
  removeDirectories,
  resource,
  temporaryDirectory,
} from './fixtures/hand-made-context.ts';
import {
  functionArn,
  openSmallStage,
  type SmallStage,
  resource as smallResource,
} from './fixtures/small-stage.ts';

const RULE = 'AWS::Events::Rule';
const BUS = 'AWS::Events::EventBus';
const QUEUE = 'AWS::SQS::Queue';
const FUNCTION = 'AWS::Lambda::Function';
const hour = 3_600_000;

const busArn = (name: string) => `arn:aws:events:us-east-1:000000000000:event-bus/${name}`;
const bus = (name: string) => ({ ...resource(BUS, name), arn: busArn(name) });
const worker = { Id: 'worker', Arn: arnOf(FUNCTION, 'Worker') };
const inbox = { Id: 'inbox', Arn: arnOf(QUEUE, 'Inbox') };
const toDeadLetters = { DeadLetterConfig: { Arn: arnOf(QUEUE, 'Dead') } };
const all = { source: [{ prefix: '' }] };
const rule = (properties: object, id = 'Rule') =>
  resource(RULE, id, { EventPattern: all, Targets: [worker], ...properties });
const roleArn = 'arn:aws:iam::000000000000:role/Forwarder';

const moved: PutEventsRequestEntry = {
  Source: 'shop.pets',
  DetailType: 'Pet Moved',
  Detail: '{"id":"rex","to":{"room":4},"tags":["a","b"]}',
};

const running: Array<{ stop(): Promise<void> }> = [];
afterEach(async () => {
  for (const stage of running.splice(0).reverse()) await stage.stop();
});
afterAll(removeDirectories);

interface Options {
  readonly directory?: string;
  /** What stands in for parts of the context. */
  readonly instead?: (stage: HandMade) => Partial<StageContext>;
}

async function start(resources: readonly Resource[], { directory, instead }: Options = {}) {
  const stage = await handMadeContext(
    [
      resource(FUNCTION, 'Worker'),
      resource(QUEUE, 'Inbox'),
      resource(QUEUE, 'Dead'),
      resource('AWS::IAM::Role', 'Forwarder'),
      ...resources,
    ].map((one) => (one.type === 'AWS::IAM::Role' ? { ...one, arn: roleArn } : one)),
    directory,
  );
  running.push(stage);
  const context: StageContext = { ...stage.context, ...instead?.(stage) };
  const buses = createEventBuses(context);
  await stage.start(createQueues(context), buses, createSchedules(context, buses));
  const client = new EventBridgeClient({ ...stage.sdk, maxAttempts: 1 });
  const messages = (queue: string) => queueOf(context, arnOf(QUEUE, queue)).receive(10);
  return {
    stage,
    client,
    clock: context.clock,
    put: (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries })),
    messages,
    bodies: (queue: string) => messages(queue).map(({ body }) => body),
  };
}

/** Functions that fail with this status so many times. */
const failing = (status: number, times: number, tries: string[] = []) => ({
  instead: (stage: HandMade) => ({
    functions: {
      ...stage.context.functions,
      invokeLater: (...args: Parameters<StageContext['functions']['invokeLater']>) => {
        tries.push(JSON.parse(args[1]).id);
        if (tries.length <= times) throw new AwsFault('ServiceException', 'Not today.', status);
        stage.context.functions.invokeLater(...args);
      },
    },
  }),
});
describe('an archive', () => {
  const archive = (properties: object) =>
    resource('AWS::Events::Archive', 'Kept', { SourceArn: busArn('pets'), ...properties });
  const kept = (directory: string) =>
    readFileSync(join(directory, 'archives', 'Kept.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('keeps what its bus was told and its pattern wants, from one stage to the next', async () => {
    const directory = temporaryDirectory();
    const resources = [bus('pets'), archive({ EventPattern: { source: ['shop.pets'] } })];
    for (const id of ['one', 'two']) {
      const { put, stage } = await start(resources, { directory });
      const onPets = { ...moved, EventBusName: 'pets', Detail: `{"id":"${id}"}` };
      await put(onPets, { ...onPets, Source: 'other' }, moved);
      await stage.stop();
      running.length = 0;
    }
    expect(kept(directory)).toMatchObject([
      { source: 'shop.pets', detail: { id: 'one' } },
      { source: 'shop.pets', detail: { id: 'two' } },
    ]);
  });

  it('that AWS would refuse stops the start with a sentence', async () => {
    await expect(start([archive({})])).rejects.toThrow('which is no bus of the template');
    const wrong = archive({ EventPattern: { source: 'x' } });
    await expect(start([bus('pets'), wrong])).rejects.toThrow(
      'has a pattern that AWS would refuse',
    );
  });
});

describe('PutEvents', () => {
  it('answers with the id that the event then has, in the envelope of EventBridge', async () => {
    const { put, stage } = await start([rule({})]);
    const Time = new Date('2026-11-20T09:41:41.987Z');
    const answer = await put({ ...moved, Time, Resources: ['arn:of:rex'] });
    expect(answer).toMatchObject({
      FailedEntryCount: 0,
      Entries: [{ EventId: expect.any(String) }],
    });
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations[0]?.payload).toEqual({
      version: '0',
      id: answer.Entries?.[0]?.EventId,
      'detail-type': 'Pet Moved',
      source: 'shop.pets',
      account: '000000000000',
      time: '2026-11-20T09:41:41Z',
      region: 'us-east-1',
      resources: ['arn:of:rex'],
      detail: { id: 'rex', to: { room: 4 }, tags: ['a', 'b'] },
    });
    expect(stage.invocations[0]?.caller).toMatchObject({
      kind: 'service',
      name: 'events.amazonaws.com',
      sourceArn: arnOf(RULE, 'Rule'),
    });
  });

  const missing = (name: string) => [
    'InvalidArgument',
    `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
  ];
  it.each<[string, PutEventsRequestEntry, readonly string[]]>([
    ['no Source', { ...moved, Source: undefined }, missing('Source')],
    ['no DetailType', { ...moved, DetailType: '' }, missing('DetailType')],
    ['no Detail', { ...moved, Detail: undefined }, missing('Detail')],
    [
      'a Detail that is no JSON',
      { ...moved, Detail: '{' },
      ['MalformedDetail', 'Detail is malformed.'],
    ],
    ['a list as Detail', { ...moved, Detail: '[1]' }, ['MalformedDetail', 'Detail is malformed.']],
    [
      'a source of AWS',
      { ...moved, Source: 'aws.ec2' },
      ['NotAuthorizedForSourceException', 'Not authorized for the source.'],
    ],
  ])('refuses an entry with %s and takes the others', async (_, entry, [code, message]) => {
    const { put, stage } = await start([rule({})]);
    const { FailedEntryCount, Entries } = await put(entry, moved);
    expect(FailedEntryCount).toBe(1);
    expect(Entries).toEqual([
      { ErrorCode: code, ErrorMessage: message },
      { EventId: expect.any(String) },
    ]);
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations[0]?.payload.id).toBe(Entries?.[1]?.EventId);
  });

  const half = { ...moved, Detail: JSON.stringify({ text: 'x'.repeat(524_288 - 40) }) };
  it.each([
    ['no entry', [], 'greater than or equal to 1'],
    ['eleven entries', Array(11).fill(moved), 'less than or equal to 10'],
    [
      'more than 1 MB together',
      [half, half, moved],
      'Total size of the entries in the request is over the limit.',
    ],
  ])('refuses a call with %s as a whole', async (_, entries, message) => {
    const { put, stage } = await start([rule({})]);
    await expect(put(...entries)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    });
    expect(stage.invocations).toEqual([]);
  });

  it('takes ten entries of 1 MB together', async () => {
    const { put } = await start([]);
    const { FailedEntryCount } = await put(half, half);
    expect(FailedEntryCount).toBe(0);
  });

  it('drops what is put on an unknown bus without a word to the caller', async () => {
    const { put, stage } = await start([rule({})]);
    const { Entries } = await put({ ...moved, EventBusName: 'nowhere' });
    expect(Entries).toEqual([{ EventId: expect.any(String) }]);
    expect(stage.warnings).toEqual([expect.stringContaining('on the bus nowhere')]);
    expect(stage.context.trace.recent()).toContainEqual(
      expect.objectContaining({ what: 'events', on: 'nowhere', outcome: 'dropped' }),
    );
  });

  it('is refused as a whole where one bus is not allowed', async () => {
    const { put, stage } = await start([bus('pets'), rule({})]);
    stage.denied.add(`events:PutEvents ${busArn('pets')}`);
    await expect(put(moved, { ...moved, EventBusName: 'pets' })).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`events:PutEvents on resource: ${busArn('pets')}`),
    });
    await put({ ...moved, DetailType: 'Later' });
    await eventually(() => stage.invocations.length > 0);
    expect(stage.invocations.map(({ payload }) => payload['detail-type'])).toEqual(['Later']);
  });
});

describe('a rule', () => {
  it('hears its own bus only, named by name or by ARN', async () => {
    const { put, stage } = await start([bus('pets'), rule({ EventBusName: busArn('pets') })]);
    await put(
      { ...moved, DetailType: 'default' },
      { ...moved, DetailType: 'by name', EventBusName: 'pets' },
      { ...moved, DetailType: 'by ARN', EventBusName: busArn('pets') },
    );
    await eventually(() => stage.invocations.length === 2);
    const seen = stage.invocations.map(({ payload }) => payload['detail-type']);
    expect(seen.sort()).toEqual(['by ARN', 'by name']);
  });

  it('hears what matches its pattern, if it is enabled', async () => {
    const EventPattern = {
      'detail-type': ['Pet Moved'],
      detail: { to: { room: [{ numeric: ['>', 3] }] } },
    };
    const { put, bodies } = await start([
      rule({ EventPattern, Targets: [{ ...inbox, InputPath: '$.detail.id' }] }),
      rule({ State: 'DISABLED', Targets: [{ ...inbox, Input: '"no"' }] }, 'Off'),
    ]);
    await put({ ...moved, Detail: '{"id":"tom","to":{"room":3}}' }, moved);
    expect(await eventually(() => bodies('Inbox').join() || undefined)).toBe('"rex"');
    expect(bodies('Inbox')).toEqual([]);
  });

  it('may go by the clock and send to queues too', async () => {
    const Schedule = { EventPattern: undefined, ScheduleExpression: 'rate(1 hour)' };
    const { clock, bodies } = await start([rule({ ...Schedule, Targets: [inbox] })]);
    clock.advance(hour);
    const body = await eventually(() => bodies('Inbox')[0]);
    expect(JSON.parse(body)).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: [arnOf(RULE, 'Rule')],
      detail: {},
    });
  });

  it('shows in the trace with each event and delivery, and nothing of what is in them', async () => {
    const { put, stage } = await start([bus('pets'), rule({ EventBusName: 'pets' })]);
    const { Entries } = await put({ ...moved, EventBusName: 'pets' });
    const label = { id: Entries?.[0]?.EventId, source: 'shop.pets', detailType: 'Pet Moved' };
    const seen = () => stage.context.trace.recent().filter(({ what }) => what === 'events');
    await eventually(() => seen().length === 2);
    expect(seen()).toMatchObject([
      {
        kind: 'call',
        by: 'Reader',
        on: 'petsLogical',
        outcome: 'ok',
        detail: { ...label, rules: 1 },
      },
      { kind: 'call', by: 'RuleLogical', on: 'WorkerLogical', outcome: 'ok', detail: label },
    ]);
    expect(JSON.stringify(seen())).not.toContain('rex');
  });

  it.each<[string, object, string]>([
    [
      'a pattern that AWS refuses',
      { EventPattern: { source: 'x' } },
      'Rule Test/Rule: "source" must be',
    ],
    ['neither pattern nor schedule', { EventPattern: undefined }, 'neither EventPattern nor'],
    ['an unknown bus', { EventBusName: 'nowhere' }, 'listens on the bus nowhere'],
    [
      'a schedule on another bus',
      { EventBusName: 'pets', ScheduleExpression: 'rate(1 hour)' },
      'on the default bus only',
    ],
    ['a role of its own', { RoleArn: roleArn }, 'has RoleArn'],
    ['six targets', { Targets: Array(6).fill(worker) }, 'more than 5 targets'],
    [
      'a target of another kind',
      { Targets: [{ Id: 't', Arn: 'arn:aws:sns:us-east-1:000000000000:topic' }] },
      'Rule Test/Rule, target t: the local stage delivers to functions, queues and event buses',
    ],
    [
      'a queue from elsewhere',
      { Targets: [{ ...inbox, Arn: arnOf(QUEUE, 'Other') }] },
      'no queue of',
    ],
    [
      'a function from elsewhere',
      { Targets: [{ ...worker, Arn: arnOf(FUNCTION, 'Other') }] },
      'no function of',
    ],
    ['an unknown property', { Targets: [{ ...worker, HttpParameters: {} }] }, 'HttpParameters'],
    ['two inputs', { Targets: [{ ...worker, Input: '1', InputPath: '$' }] }, 'only one of Input'],
    [
      'a path of another kind',
      { Targets: [{ ...worker, InputPath: '$..id' }] },
      'the JSON path "$..id"',
    ],
    [
      'too many retries',
      { Targets: [{ ...worker, RetryPolicy: { MaximumRetryAttempts: 186 } }] },
      '0 to 185',
    ],
    [
      'a short age',
      { Targets: [{ ...worker, RetryPolicy: { MaximumEventAgeInSeconds: 59 } }] },
      '60 to 86400',
    ],
    [
      'dead letters to elsewhere',
      { Targets: [{ ...worker, DeadLetterConfig: { Arn: arnOf(QUEUE, 'Other') } }] },
      'its dead-letter queue',
    ],
    [
      'a bus without a role',
      { Targets: [{ Id: 't', Arn: busArn('pets') }] },
      'a bus needs a RoleArn',
    ],
    [
      'its own bus as target',
      { Targets: [{ Id: 't', Arn: busArn('default'), RoleArn: roleArn }] },
      'events would go round',
    ],
  ])('with %s stops the start with a sentence', async (_, properties, sentence) => {
    await expect(start([bus('pets'), rule(properties)])).rejects.toThrow(sentence);
  });
});

describe('the input of a target', () => {
  const transformed = (InputTemplate: string, InputPathsMap: object = {}) => ({
    InputTransformer: { InputTemplate, InputPathsMap },
  });
  const paths = {
    id: '$.detail.id',
    to: '$.detail.to',
    none: '$.detail.none',
    tag: '$.detail.tags[1]',
  };

  it.each<[string, object, string]>([
    ['a fixed text', { Input: '{"a":1}' }, '{"a":1}'],
    ['a part of the event', { InputPath: '$.detail.to' }, '{"room":4}'],
    ['one value of it', { InputPath: '$.detail-type' }, '"Pet Moved"'],
    ['all elements', { InputPath: '$.detail.tags[*]' }, '["a","b"]'],
    ['nothing', { InputPath: '$.detail.none' }, 'null'],
    // As recorded on AWS: the quotes stay, and what is missing is empty.
    ['a text', transformed('"<id> moved, <none>"', paths), '"rex moved, "'],
    ['a text without quotes', transformed('<id> moved', paths), 'rex moved'],
    ['escaped quotes', transformed('"\\"<id>\\" moved"', paths), '"\\"rex\\" moved"'],
    [
      'an object',
      transformed('{"id": <id>, "to": <to>, "say": "<id> <tag>", "b": [<tag>, 1]}', paths),
      '{"id": "rex", "to": {"room":4}, "say": "rex b", "b": ["b", 1]}',
    ],
    ['an object within a text', transformed('{"to": "<to>"}', paths), '{"to": "{room:4}"}'],
    [
      'what AWS adds',
      transformed('{"rule": "<aws.events.rule-name>", "arn": <aws.events.rule-arn>}'),
      `{"rule": "Rule", "arn": "${arnOf(RULE, 'Rule')}"}`,
    ],
  ])('may be %s', async (_, input, expected) => {
    const { put, bodies } = await start([rule({ Targets: [{ ...inbox, ...input }] })]);
    await put(moved);
    expect(await eventually(() => bodies('Inbox')[0])).toBe(expected);
  });

  it('may be the whole event, with or without its detail', async () => {
    const template = '{"all": <aws.events.event.json>, "head": <aws.events.event>}';
    const { put, bodies } = await start([
      rule({ Targets: [{ ...inbox, ...transformed(template) }] }),
    ]);
    await put(moved);
    const { all: event, head } = JSON.parse(await eventually(() => bodies('Inbox')[0]));
    expect({ ...head, detail: { id: 'rex', to: { room: 4 }, tags: ['a', 'b'] } }).toEqual(event);
  });

  it('that is no JSON does not reach a function', async () => {
    const Targets = [{ ...worker, ...toDeadLetters, ...transformed('<id> moved', paths) }];
    const { put, messages, stage } = await start([rule({ Targets })]);
    await put(moved);
    const dead = await eventually(() => messages('Dead')[0]);
    expect(dead.attributes.ERROR_CODE?.StringValue).toBe('INVALID_JSON');
    expect(stage.invocations).toEqual([]);
  });
});

describe('a delivery that fails', () => {
  const attributesOf = (attributes: object) =>
    Object.fromEntries(
      Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]),
    );

  it('is tried again for a day, 185 times, and then comes to the dead-letter queue', async () => {
    const tries: string[] = [];
    const { put, clock, messages } = await start(
      [rule({ Targets: [{ ...worker, ...toDeadLetters }] })],
      failing(500, Number.POSITIVE_INFINITY, tries),
    );
    const { Entries } = await put(moved);
    await eventually(() => tries.length === 1);
    clock.advance(24 * hour);
    expect(tries).toHaveLength(186);
    const [dead] = messages('Dead');
    expect(JSON.parse(dead?.body ?? '')).toMatchObject({
      id: Entries?.[0]?.EventId,
      detail: { id: 'rex' },
    });
    expect(attributesOf(dead?.attributes ?? {})).toEqual({
      RULE_ARN: arnOf(RULE, 'Rule'),
      TARGET_ARN: worker.Arn,
      ERROR_CODE: 'ERROR_FROM_TARGET',
      ERROR_MESSAGE: 'Not today.',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      RETRY_ATTEMPTS: '185',
    });
  });

  it('is given up when the event is too old', async () => {
    const RetryPolicy = { MaximumEventAgeInSeconds: 60 };
    const { put, clock, messages } = await start(
      [rule({ Targets: [{ ...worker, ...toDeadLetters, RetryPolicy }] })],
      failing(429, Number.POSITIVE_INFINITY),
    );
    await put(moved);
    clock.advance(61_000);
    const [dead] = messages('Dead');
    expect(attributesOf(dead?.attributes ?? {})).toMatchObject({
      EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds',
      RETRY_ATTEMPTS: '5',
    });
  });

  it('succeeds later, once', async () => {
    const { put, clock, stage } = await start([rule({})], failing(500, 3));
    await put(moved);
    clock.advance(hour);
    await eventually(() => stage.invocations.length > 0);
    clock.advance(24 * hour);
    expect(stage.invocations).toHaveLength(1);
    const outcomes = stage.context.trace
      .recent()
      .filter(({ by }) => by === 'RuleLogical')
      .map(({ outcome, detail }) => `${detail?.attempt} ${outcome}`);
    expect(outcomes).toEqual([
      '1 ERROR_FROM_TARGET',
      '2 ERROR_FROM_TARGET',
      '3 ERROR_FROM_TARGET',
      '4 ok',
    ]);
  });

  it.each([
    ['no right', () => new AwsFault('AccessDeniedException', 'No.', 403), 'NO_PERMISSIONS'],
    ['no function', () => new AwsFault('ResourceNotFoundException', 'None.', 404), 'NO_RESOURCE'],
  ])('for %s is not tried again', async (_, fault, code) => {
    let tries = 0;
    const instead = ({ context }: HandMade) => ({
      functions: {
        ...context.functions,
        invokeLater: () => {
          tries += 1;
          throw fault();
        },
      },
    });
    const Targets = [{ ...worker, ...toDeadLetters }];
    const { put, clock, messages } = await start([rule({ Targets })], { instead });
    await put(moved);
    const dead = await eventually(() => messages('Dead')[0]);
    expect(attributesOf(dead.attributes)).toMatchObject({ ERROR_CODE: code, RETRY_ATTEMPTS: '0' });
    expect(dead.attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
    clock.advance(24 * hour);
    expect(tries).toBe(1);
  });

  it('and has no dead-letter queue is told to the person at the keyboard', async () => {
    const { put, stage } = await start([rule({})], failing(400, 1));
    await put(moved);
    await eventually(() => stage.warnings.length === 1);
    expect(stage.warnings[0]).toContain('Rule Test/Rule could not deliver the event');
    expect(stage.warnings[0]).toContain('no dead-letter queue');
  });

  it('fails no other target', async () => {
    const { put, bodies } = await start([rule({ Targets: [worker, inbox] })], failing(400, 1));
    await put(moved);
    await eventually(() => bodies('Inbox')[0]);
  });
});

describe('what a stage left undelivered', () => {
  it('is delivered by the next one, once, though the first was killed right after its answer', async () => {
    const [lived, left] = [temporaryDirectory(), temporaryDirectory()];
    const first = await start([rule({})], { directory: lived, ...failing(500, 1) });
    const { Entries } = await first.put(moved);
    // What a killed stage leaves is its files as they are at that moment.
    cpSync(lived, left, { recursive: true });

    const second = await start([rule({})], { directory: left });
    second.clock.advance(hour);
    await eventually(() => second.stage.invocations.length === 1);
    expect(second.stage.invocations[0]?.payload.id).toBe(Entries?.[0]?.EventId);
    await running.pop()?.stop();

    const third = await start([rule({})], { directory: left });
    third.clock.advance(24 * hour);
    expect(third.stage.invocations).toEqual([]);
  });

  it('is lost, and said to be, when the template has no such rule any more', async () => {
    const directory = temporaryDirectory();
    const first = await start([rule({})], { directory, ...failing(500, 1) });
    await first.put(moved);
    await running.pop()?.stop();
    const second = await start([], { directory });
    second.clock.advance(hour);
    expect(second.stage.warnings).toEqual([expect.stringContaining('no such target any more')]);
  });
});

describe('from bus to bus', () => {
  it('an event goes on as it is', async () => {
    const { put, bodies } = await start([
      bus('pets'),
      rule({ Targets: [{ Id: 'pets', Arn: busArn('pets'), RoleArn: roleArn }] }),
      rule({ EventBusName: 'pets', Targets: [inbox] }, 'OnPets'),
    ]);
    const { Entries } = await put(moved);
    const body = await eventually(() => bodies('Inbox')[0]);
    expect(JSON.parse(body)).toMatchObject({ id: Entries?.[0]?.EventId, source: 'shop.pets' });
  });
});

describe('the rest of the API', () => {
  it('describes the buses', async () => {
    const { client } = await start([bus('pets')]);
    const describe = (Name?: string) => client.send(new DescribeEventBusCommand({ Name }));
    expect(await describe()).toMatchObject({ Name: 'default', Arn: busArn('default') });
    expect(await describe(busArn('pets'))).toMatchObject({ Name: 'pets', Arn: busArn('pets') });
    await expect(describe('nowhere')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Event bus nowhere does not exist.',
    });
  });

  it('lists the rules of a bus', async () => {
    const { client } = await start([
      bus('pets'),
      rule({}),
      rule({ EventBusName: 'pets' }, 'OnPets'),
    ]);
    const { Rules } = await client.send(new ListRulesCommand({ EventBusName: 'pets' }));
    expect(Rules).toEqual([
      {
        Name: 'OnPets',
        Arn: arnOf(RULE, 'OnPets'),
        EventBusName: 'pets',
        State: 'ENABLED',
        EventPattern: JSON.stringify(all),
      },
    ]);
  });

  it('refuses what changes rules with a sentence', async () => {
    const { client } = await start([]);
    const change = client.send(new PutRuleCommand({ Name: 'x', EventPattern: '{}' }));
    await expect(change).rejects.toThrow('buses and rules come from the template');
  });
});

describe('by the policies of the template', () => {
  const ruleArn = 'arn:aws:events:us-east-1:000000000000:rule/Watch';
  const sqsArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const queue = (name: string): Resource => ({
    ...smallResource(QUEUE, name, sqsArn(name)),
    id: `http://127.0.0.1:1/000000000000/${name}`,
  });
  const letIn = (name: string, change: object = {}) =>
    smallResource('AWS::SQS::QueuePolicy', `${name}Policy`, '', {
      Queues: [queue(name).id],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Deny',
            Action: 'sqs:*',
            Principal: { AWS: '*' },
            Resource: sqsArn(name),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Effect: 'Allow',
            Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
            Principal: { Service: 'events.amazonaws.com' },
            Resource: sqsArn(name),
            Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
            ...change,
          },
        ],
      },
    });
  const permission = (properties: object = {}) =>
    smallResource('AWS::Lambda::Permission', 'Permission', '', {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn('Echo'),
      Principal: 'events.amazonaws.com',
      SourceArn: ruleArn,
      ...properties,
    });
  const watch = (target: object, properties: object = {}, arn = ruleArn) =>
    smallResource(RULE, arn.slice(arn.lastIndexOf('/') + 1), arn, {
      EventPattern: { source: ['shop.pets'] },
      Targets: [{ Id: 't', DeadLetterConfig: { Arn: sqsArn('Dead') }, ...target }],
      ...properties,
    });

  async function open(resources: readonly Resource[]) {
    const services: Service[] = [];
    const stage: SmallStage = await openSmallStage({
      functions: {
        Echo: { code: "export const handler = async ({ id }) => console.log('got', id);" },
        Silent: { code: 'export const handler = async () => {};' },
        Teller: {
          code: 'export const handler = async () => {};',
          statements: [
            {
              Effect: 'Allow',
              Action: 'events:PutEvents',
              Resource: busArn('default'),
              Condition: { StringEquals: { 'events:source': 'shop.pets' } },
            },
          ],
        },
      },
      resources: [queue('Inbox'), queue('Dead'), letIn('Dead'), ...resources],
      services: (context) => {
        const buses = createEventBuses(context);
        services.push(createQueues(context), buses, createSchedules(context, buses));
        return services;
      },
    });
    running.push(stage, ...services);
    for (const service of services) await service.start();
    const put = (as: string, entry = moved) =>
      new EventBridgeClient(stage.clientOf(as)).send(new PutEventsCommand({ Entries: [entry] }));
    const messages = (name: string) => queueOf(stage.context, sqsArn(name)).receive(10);
    const deadCode = async () =>
      (await eventually(() => messages('Dead')[0])).attributes.ERROR_CODE?.StringValue;
    return { stage, put, messages, deadCode };
  }

  it('who puts needs the right, for that source', async () => {
    const { put } = await open([]);
    await expect(put('Teller')).resolves.toMatchObject({ FailedEntryCount: 0 });
    const refused = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };
    await expect(put('Teller', { ...moved, Source: 'shop.food' })).rejects.toMatchObject(refused);
    await expect(put('Silent')).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(
        `is not authorized to perform: events:PutEvents on resource: ${busArn('default')} because no identity-based policy allows the events:PutEvents action`,
      ),
    });
  });

  it('a function is invoked that lets the rule do so', async () => {
    const { stage, put } = await open([permission(), watch({ Arn: functionArn('Echo') })]);
    const { Entries } = await put('operator');
    const got = `got ${Entries?.[0]?.EventId}`;
    await eventually(() =>
      stage.context.trace.recent().find(({ outcome }) => outcome.includes(got)),
    );
  });

  it.each([
    ['lets nobody', []],
    ['lets another rule', [permission({ SourceArn: `${ruleArn}-2` })]],
  ])('a function that %s is not', async (_, resources) => {
    const { put, deadCode } = await open([...resources, watch({ Arn: functionArn('Echo') })]);
    await put('operator');
    expect(await deadCode()).toBe('NO_PERMISSIONS');
  });

  it('a queue takes what its policy lets in', async () => {
    const { put, messages } = await open([letIn('Inbox'), watch({ Arn: sqsArn('Inbox') })]);
    await put('operator');
    await eventually(() => messages('Inbox')[0]);
  });

  it.each<[string, Resource[]]>([
    ['without a policy', []],
    [
      'for another rule',
      [letIn('Inbox', { Condition: { ArnEquals: { 'aws:SourceArn': `${ruleArn}2` } } })],
    ],
    ['for another service', [letIn('Inbox', { Principal: { Service: 'sns.amazonaws.com' } })]],
    ['that denies it', [letIn('Inbox', { Effect: 'Deny', Condition: undefined })]],
  ])('a queue %s takes nothing', async (_, resources) => {
    const { put, deadCode, messages } = await open([...resources, watch({ Arn: sqsArn('Inbox') })]);
    await put('operator');
    expect(await deadCode()).toBe('NO_PERMISSIONS');
    expect(messages('Inbox')).toEqual([]);
  });

  it('an event is lost, and said to be, that its dead-letter queue does not let in', async () => {
    const { stage, put } = await open([
      queue('Closed'),
      watch({ Arn: sqsArn('Inbox'), DeadLetterConfig: { Arn: sqsArn('Closed') } }),
    ]);
    await put('operator');
    await eventually(() => stage.warnings.length === 1);
    expect(stage.warnings[0]).toContain('its dead-letter queue refused it');
  });

  const role = (trusted: string, Action = 'events:PutEvents') =>
    smallResource('AWS::IAM::Role', 'Forwarder', roleArn, {
      AssumeRolePolicyDocument: {
        Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: trusted } },
      },
      Policies: [
        {
          PolicyName: 'p',
          PolicyDocument: { Statement: { Effect: 'Allow', Action, Resource: busArn('pets') } },
        },
      ],
    });
  it.each<[string, Resource, string]>([
    ['that may', role('events.amazonaws.com'), 'delivered'],
    ['that may not', role('events.amazonaws.com', 'events:PutRule'), 'NO_PERMISSIONS'],
    ['of another service', role('lambda.amazonaws.com'), 'FAILED_TO_ASSUME_ROLE'],
  ])('an event goes to another bus by a role %s', async (_, forwarder, outcome) => {
    const { put, messages, deadCode } = await open([
      smallResource(BUS, 'pets', busArn('pets')),
      forwarder,
      letIn('Inbox', { Condition: { ArnLike: { 'aws:SourceArn': `${ruleArn}*` } } }),
      watch({ Arn: busArn('pets'), RoleArn: roleArn }),
      watch({ Arn: sqsArn('Inbox') }, { EventBusName: 'pets' }, `${ruleArn}Pets`),
    ]);
    await put('operator');
    if (outcome === 'delivered') await eventually(() => messages('Inbox')[0]);
    else expect(await deadCode()).toBe(outcome);
  });
});
