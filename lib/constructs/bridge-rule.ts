import { Token } from 'aws-cdk-lib';
import {
  EventField,
  type EventPattern,
  type IEventBus,
  Rule,
  RuleTargetInput,
} from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { NOTIFICATION_SOURCE } from '../../contract/events.ts';
import type { BridgedEvent } from '../../contract/internal.ts';
import { TOPICS_PER_PUBLISH } from '../../contract/limits.ts';
import { DEFAULT_TENANT, isTenant, isTopic } from '../../contract/names.ts';
import { Mistake } from '../mistake.ts';

export interface BridgeProps {
  /** Which events: their `source` at least, and never notifications, of which each would make another. */
  readonly eventPattern: EventPattern;
  /** One to ten, in which parts of the event may stand: `orders/${EventField.fromPath('$.detail.orderId')}`. */
  readonly topics: readonly string[];
  /**
   * Whose topics; `EventField.fromPath('$.detail.tenant')` where the event says it.
   * @default DEFAULT_TENANT
   */
  readonly tenant?: string;
  /**
   * What is published: a part of the event, or an object that has such parts.
   * @default EventField.fromPath('$.detail')
   */
  readonly payload?: string | Readonly<Record<string, unknown>>;
  /**
   * Where the events come from. Of another stack only one that does not depend on Switchboard's.
   * @default - Switchboard's own
   */
  readonly eventBus?: IEventBus;
}

/** A rule that puts events into the queue of those to be published, as the messages that they become. */
export function bridgeRule(
  scope: Construct,
  id: string,
  queue: Queue,
  props: BridgeProps & { readonly eventBus: IEventBus },
): Rule {
  demandSound(id, props);
  const { eventBus, eventPattern, topics, tenant = DEFAULT_TENANT } = props;
  const rule = new Rule(scope, id, { eventBus, eventPattern });
  const message: { readonly [Name in keyof BridgedEvent]-?: unknown } = {
    // An event comes at least once, and to each of its bridges.
    id: `${EventField.eventId}.${rule.node.addr.slice(-12)}`,
    source: EventField.source,
    tenant,
    topics: [...topics],
    payload: props.payload ?? EventField.fromPath('$.detail'),
  };
  rule.addTarget(
    new SqsQueue(queue, {
      message: RuleTargetInput.fromObject(message),
      deadLetterQueue: queue.deadLetterQueue?.queue,
    }),
  );
  return rule;
}

function demandSound(id: string, { eventPattern, topics, tenant }: BridgeProps): void {
  const wrong = (sentence: string) => new Mistake(`The bridge ${id} ${sentence}`);
  const { source } = eventPattern;
  if (source === undefined) throw wrong('must name the source of its events.');
  if (source.includes(NOTIFICATION_SOURCE)) {
    throw wrong('would go round: each notification that it publishes is such an event again.');
  }
  if (topics.length === 0 || topics.length > TOPICS_PER_PUBLISH) {
    throw wrong(`must have 1 to ${TOPICS_PER_PUBLISH} topics.`);
  }
  const noTopic = topics.find((topic) => !Token.isUnresolved(topic) && !isTopic(topic));
  if (noTopic !== undefined) throw wrong(`has the topic "${noTopic}", which cannot be one.`);
  if (tenant !== undefined && !Token.isUnresolved(tenant) && !isTenant(tenant)) {
    throw wrong(`has the tenant "${tenant}", which cannot be one.`);
  }
}
