import { randomUUID } from 'node:crypto';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus, EventField, Match } from 'aws-cdk-lib/aws-events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functions } from '../../contract/functions.ts';
import { topicKey } from '../../contract/tables.ts';
import type { handler as BridgeEvents } from '../../lambdas/queues/bridge-events.ts';
import { bundle } from '../../lib/bundle.ts';
import type { BridgeProps } from '../../lib/constructs/bridge-rule.ts';
import { Switchboard } from '../../lib/constructs/switchboard.ts';
import { functionEntry } from '../../lib/function-entry.ts';
import { keysOf } from '../../lib/records.ts';
import { compileInput } from '../../local/events/target-input.ts';
import { cdkContext } from '../lib/templates.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { notificationsOf } from '../support/notifications.ts';

let engine: Engine;
let reach: EveryReach;
let bridgeEvents: typeof BridgeEvents;
let switchboard: Switchboard;
let stack: Stack;
let template: Template;

beforeAll(async () => {
  [engine] = await Promise.all([startEngine(), bundle(keysOf(functions).map(functionEntry))]);
  reach = await engine.createTables();
  stack = new Stack(new App({ context: { ...cdkContext } }), 'Shop');
  switchboard = new Switchboard(stack, 'Realtime');
  switchboard.bridge('Plain', { eventPattern: { source: ['shop.orders'] }, topics: ['Orders'] });
  switchboard.bridge('Made', {
    eventPattern: { source: ['shop.orders'], detailType: ['Order Shipped'] },
    tenant: EventField.fromPath('$.detail.tenant'),
    topics: ['Shipped', `orders/${EventField.fromPath('$.detail.order.id')}`],
    payload: { order: EventField.fromPath('$.detail.order'), what: EventField.detailType },
    eventBus: EventBus.fromEventBusName(stack, 'Theirs', 'theirs'),
  });
  switchboard.bridge('Round', {
    eventPattern: { source: Match.prefix('mtw.') },
    topics: ['Everything'],
  });
  template = Template.fromStack(stack);
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    NOTIFICATIONS_TABLE_NAME: reach.tables.notifications.name,
    RETENTION_SECONDS: '3600',
    EXPRESS: 'off',
  });
  ({ handler: bridgeEvents } = await import('../../lambdas/queues/bridge-events.ts'));
}, 60_000);
afterAll(() => engine.stop());

const ruleOf = (id: string) => {
  const rules = Object.entries(template.findResources('AWS::Events::Rule'));
  const [, rule] = rules.find(([key]) => key.startsWith(`Realtime${id}`)) ?? [];
  return rule?.Properties;
};

const eventOf = (detail: object, source = 'shop.orders') => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Order Shipped',
  source,
  account: '000000000000',
  time: '2026-01-01T12:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail,
});

/** As the bus hands an event over by the rule of this bridge, and the queue its message. */
function deliver(id: string, event: ReturnType<typeof eventOf>) {
  const [target] = ruleOf(id).Targets;
  const body = compileInput(target, 'rule')(event as never, Date.now());
  return bridgeEvents({ Records: [{ messageId: 'm', body }] });
}

const rowsOf = (tenant: string, topic: string) => notificationsOf(reach, topicKey(tenant, topic));

describe('a bridge', () => {
  it('publishes the detail of an event on its topic, once, however often the event comes', async () => {
    const detail = { order: 7, text: 'a "quote", a \\ and ünïcode', nested: [{ a: null }] };
    const event = eventOf(detail);
    expect(await deliver('Plain', event)).toEqual({ batchItemFailures: [] });
    expect(await deliver('Plain', event)).toEqual({ batchItemFailures: [] });
    const [row, ...others] = await rowsOf('default', 'Orders');
    expect(others).toEqual([]);
    expect(JSON.parse(row?.payload ?? '')).toEqual(detail);
    expect(row).toMatchObject({ topics: ['Orders'], id: expect.stringContaining(event.id) });
  });

  it('makes tenant, topics and payload of parts of the event', async () => {
    const event = eventOf({ tenant: 'acme', order: { id: 'o-7', price: 1.5 } });
    expect(await deliver('Made', event)).toEqual({ batchItemFailures: [] });
    for (const topic of ['Shipped', 'orders/o-7']) {
      const [row] = await rowsOf('acme', topic);
      expect(JSON.parse(row?.payload ?? '')).toEqual({
        order: { id: 'o-7', price: 1.5 },
        what: 'Order Shipped',
      });
    }
  });

  it('publishes an event that two bridges take on both', async () => {
    const event = eventOf({ tenant: 'default', order: { id: 'both' } });
    await deliver('Plain', event);
    await deliver('Made', event);
    const ids = [...(await rowsOf('default', 'Orders')), ...(await rowsOf('default', 'Shipped'))]
      .map(({ id }) => id)
      .filter((id) => id.includes(event.id));
    expect(new Set(ids).size).toBe(2);
  });

  it('leaves in the queue what cannot be published', async () => {
    const event = eventOf({ tenant: 'acme', order: { id: 'no topic' } });
    expect(await deliver('Made', event)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(await deliver('Made', eventOf({}))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
  });

  it('publishes no notification, whose own event would come here again', async () => {
    const event = eventOf({ topic: 'Everything' }, 'mtw.notifications');
    expect(await deliver('Round', event)).toEqual({ batchItemFailures: [] });
    expect(await rowsOf('default', 'Everything')).toEqual([]);
  });

  it('is one rule on the bus, to a queue that its function alone takes from', () => {
    expect(ruleOf('Plain')).toMatchObject({
      EventPattern: { source: ['shop.orders'] },
      EventBusName: { Ref: expect.stringContaining('RealtimeStateEventBus') },
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [expect.stringContaining('QueuesBridgedEvents'), 'Arn'] },
          DeadLetterConfig: { Arn: expect.anything() },
        },
      ],
    });
    expect(ruleOf('Made')).toMatchObject({ EventBusName: 'theirs' });
  });

  const orders = { source: ['shop.orders'] };
  it.each<[string, BridgeProps, string]>([
    ['no source', { eventPattern: { detailType: ['X'] }, topics: ['A'] }, 'name the source'],
    [
      'notifications as its source',
      { eventPattern: { source: ['mtw.notifications'] }, topics: ['A'] },
      'would go round',
    ],
    ['no topic', { eventPattern: orders, topics: [] }, '1 to 10 topics'],
    ['a name that is no topic', { eventPattern: orders, topics: ['a b'] }, '"a b"'],
    [
      'a name that is no tenant',
      { eventPattern: orders, topics: ['A'], tenant: 'A#' },
      'tenant "A#"',
    ],
  ])('with %s stops the synth with a sentence', (_, props, sentence) => {
    expect(() => switchboard.bridge('Wrong', props)).toThrow(sentence);
  });
});
