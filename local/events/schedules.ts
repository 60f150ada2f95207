import { randomUUID } from 'node:crypto';
import type { Service, StageContext } from '../service.ts';
import { type BusEvent, isoSeconds } from './event.ts';
import type { EventBuses } from './event-buses.ts';
import type { Rule } from './rules.ts';

/** Runs the rules that go by the clock; what they send takes the way of every event. */
export function createSchedules(context: StageContext, buses: EventBuses): Service {
  const { clock } = context;
  const running = new Map<string, () => void>();

  const run = (rule: Rule) => {
    const due = rule.schedule?.next(clock.now());
    if (due === undefined) return;
    const cancel = clock.at(due, () => {
      run(rule);
      buses.deliver(rule, scheduledEvent(context, rule, due));
    });
    running.set(rule.resource.arn, cancel);
  };

  return {
    name: 'schedules',
    start: async () => {
      for (const rule of buses.rules()) {
        if (rule.isEnabled && rule.targets.length > 0) run(rule);
      }
      return `${running.size} rules`;
    },
    stop: async () => {
      for (const cancel of running.values()) cancel();
      running.clear();
    },
  };
}

/** What a rule sends to its targets when it is due at that time (R, behaviour sheet 2.2). */
function scheduledEvent({ account, region }: StageContext, rule: Rule, due: number): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: isoSeconds(due),
    region,
    resources: [rule.resource.arn],
    detail: {},
  };
}
