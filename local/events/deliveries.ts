import { randomUUID } from 'node:crypto';
import type { StageContext } from '../service.ts';
import { bury, type Exhausted } from './dead-letters.ts';
import type { BusEvent } from './event.ts';
import { type Failure, failureOf } from './failure.ts';
import type { Rule } from './rules.ts';

/** One event on its way to one target. Times in ms since the epoch. */
interface Delivery {
  readonly id: string;
  readonly ruleArn: string;
  readonly targetId: string;
  readonly event: BusEvent;
  readonly receivedAt: number;
  readonly dueAt: number;
  /** How often it was tried in vain. */
  readonly attempts: number;
}

/** Events on their way to targets, each until it is delivered or given up; they outlive the stage if its store does. */
export interface Deliveries {
  /** Sends an event to every target of the rule. */
  add(rule: Rule, event: BusEvent): void;
  /** Takes up what a stage before this one left unfinished. */
  start(): void;
  stop(): void;
}

/**
 * AWS says "exponential back-off and jitter" and no more. Doubling from one second, with this limit,
 * makes the default of 185 tries fill the default of 24 hours; jitter would only blur a clock that people move.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 480_000;

const area = 'events.deliveries';

export function createDeliveries(
  context: StageContext,
  ruleAt: (ruleArn: string) => Rule | undefined,
): Deliveries {
  const { clock, store, trace } = context;
  const scheduled = new Map<string, () => void>();

  const schedule = (delivery: Delivery) => {
    store.set(area, delivery.id, JSON.stringify(delivery));
    wait(delivery);
  };
  const wait = (delivery: Delivery) => {
    const cancel = clock.at(delivery.dueAt, () => attempt(delivery));
    scheduled.set(delivery.id, cancel);
  };
  const finish = ({ id }: Delivery) => store.delete(area, id);

  const attempt = (delivery: Delivery) => {
    scheduled.delete(delivery.id);
    const { ruleArn, targetId, event, receivedAt, attempts } = delivery;
    const rule = ruleAt(ruleArn);
    const target = rule?.targets.find(({ id }) => id === targetId);
    if (rule === undefined || target === undefined) {
      finish(delivery);
      context.warn(
        `The event ${event.id} is lost: for ${ruleArn} there is no such target any more.`,
      );
      return;
    }
    const at = clock.now();
    let failure: Failure | undefined;
    try {
      target.deliver(event, receivedAt);
    } catch (error) {
      failure = failureOf(error);
    }
    trace.record({
      at,
      kind: 'call',
      by: rule.resource.logicalId,
      what: 'events',
      on: target.label,
      outcome: failure?.code ?? 'ok',
      detail: { ...labelOf(event), attempt: attempts + 1 },
    });
    if (failure === undefined) return finish(delivery);

    const dueAt = at + Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
    let exhausted: Exhausted;
    if (!failure.isFinal) {
      if (attempts >= target.retries) exhausted = 'MaximumRetryAttempts';
      else if (dueAt - receivedAt > target.ageLimitMs) exhausted = 'MaximumEventAgeInSeconds';
      else return schedule({ ...delivery, dueAt, attempts: attempts + 1 });
    }
    bury(context, rule, target, { event, failure, exhausted, retries: attempts });
    finish(delivery);
  };

  return {
    add: (rule, event) => {
      const now = clock.now();
      for (const target of rule.targets) {
        schedule({
          id: randomUUID(),
          ruleArn: rule.resource.arn,
          targetId: target.id,
          event,
          receivedAt: now,
          dueAt: now,
          attempts: 0,
        });
      }
    },
    start: () => {
      for (const [, kept] of store.entries(area)) wait(JSON.parse(kept) as Delivery);
    },
    stop: () => {
      for (const cancel of scheduled.values()) cancel();
      scheduled.clear();
    },
  };
}

/** What the trace tells of an event: never what is in it. */
export const labelOf = (event: BusEvent) => ({
  id: event.id,
  source: event.source,
  detailType: event['detail-type'],
});
