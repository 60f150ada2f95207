import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parseSchedule } from '../../local/events/cron.ts';
import { createEventBuses } from '../../local/events/event-buses.ts';
import { createSchedules } from '../../local/events/schedules.ts';
import {
  arnOf,
  eventually,
  type HandMade,
  handMadeContext,
  removeDirectories,
  resource,
} from './fixtures/hand-made-context.ts';

describe('a schedule expression', () => {
  // 2026-11-20 is a Friday.
  it.each([
    ['rate(5 minutes)', '2026-11-20T12:00:30Z', '2026-11-20T12:05:30Z'],
    ['rate(1 hour)', '2026-11-20T12:00:30Z', '2026-11-20T13:00:30Z'],
    ['cron(0 10 * * ? *)', '2026-11-20T12:00:00Z', '2026-11-21T10:00:00Z'],
    ['cron(*/15 * * * ? *)', '2026-11-20T12:15:00Z', '2026-11-20T12:30:00Z'],
    ['cron(5,35 8-9 ? * MON-FRI *)', '2026-11-20T09:35:00Z', '2026-11-23T08:05:00Z'],
    ['cron(0 0 L * ? *)', '2027-02-01T00:00:00Z', '2027-02-28T00:00:00Z'],
    ['cron(0 8 1W * ? *)', '2026-07-31T09:00:00Z', '2026-08-03T08:00:00Z'],
    ['cron(0 8 ? * 6#3 *)', '2026-11-20T09:00:00Z', '2026-12-18T08:00:00Z'],
    ['cron(0 8 ? * FRIL *)', '2026-11-20T09:00:00Z', '2026-11-27T08:00:00Z'],
    ['cron(0 0 29 FEB ? *)', '2026-11-20T12:00:00Z', '2028-02-29T00:00:00Z'],
    ['cron(0 0 1 1 ? 2030)', '2026-11-20T12:00:00Z', '2030-01-01T00:00:00Z'],
  ])('%s after %s is due at %s', (expression, now, due) => {
    expect(parseSchedule(expression).next(Date.parse(now))).toBe(Date.parse(due));
  });

  it('of a year that is over is never due', () => {
    expect(parseSchedule('cron(0 0 1 1 ? 2020)').next(Date.now())).toBeUndefined();
  });

  it.each([
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(0 minutes)',
    'rate(5 seconds)',
    'cron(0 10 * * *)',
    'cron(0 10 * * * *)',
    'cron(60 10 * * ? *)',
    'cron(0 10 ? * 8 *)',
    'cron(0 10 ? * FOO *)',
    'every day',
  ])('%s is refused', (expression) => {
    expect(() => parseSchedule(expression)).toThrow(`Schedule "${expression}" is not valid`);
  });
});

const running: HandMade[] = [];

async function start(properties: Readonly<Record<string, unknown>>) {
  const stage = await handMadeContext([
    resource('AWS::Lambda::Function', 'Sweep'),
    resource('AWS::Events::Rule', 'Hourly', properties),
  ]);
  running.push(stage);
  const buses = createEventBuses(stage.context);
  await stage.start(buses, createSchedules(stage.context, buses));
  return stage;
}

afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

describe('a scheduled rule', () => {
  const ScheduleExpression = 'rate(1 hour)';
  const Targets = [{ Id: 'Target0', Arn: arnOf('AWS::Lambda::Function', 'Sweep') }];
  const hour = 3_600_000;

  it('invokes its function each time, with the event of EventBridge', async () => {
    const stage = await start({ ScheduleExpression, Targets });
    stage.context.clock.advance(2 * hour);
    await eventually(() => stage.invocations.length === 2);
    const ruleArn = arnOf('AWS::Events::Rule', 'Hourly');
    expect(stage.invocations[0]).toMatchObject({
      functionArn: arnOf('AWS::Lambda::Function', 'Sweep'),
      caller: { kind: 'service', name: 'events.amazonaws.com', sourceArn: ruleArn },
    });
    expect(stage.invocations[0]?.payload).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: [ruleArn],
      detail: {},
    });
  });

  it('hands over its own input where it has one', async () => {
    const [target] = Targets;
    const stage = await start({ ScheduleExpression, Targets: [{ ...target, Input: '{"a":1}' }] });
    stage.context.clock.advance(hour);
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations[0]?.payload).toEqual({ a: 1 });
  });

  it('that is disabled rests', async () => {
    const stage = await start({ ScheduleExpression, Targets, State: 'DISABLED' });
    stage.context.clock.advance(5 * hour);
    expect(stage.invocations).toEqual([]);
  });

  it.each([
    [
      'a bus of its own',
      { ScheduleExpression, Targets, EventBusName: 'default-2' },
      'no bus of the template',
    ],
    [
      'an expression that is none',
      { ScheduleExpression: 'rate(soon)', Targets },
      'Rule Test/Hourly',
    ],
  ])('with %s stops the start with a sentence', async (_, properties, sentence) => {
    await expect(start(properties)).rejects.toThrow(sentence);
  });

  it('that waits for events but has no target stops nothing', async () => {
    await expect(start({ EventPattern: { source: ['x'] } })).resolves.toBeDefined();
  });
});
