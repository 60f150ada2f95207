import { type EventBus, type OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';

/** A rule for one kind of event on our bus, and whatever else the options ask of it. */
export function busRule(
  scope: Construct,
  id: string,
  event: { readonly eventBus: EventBus; readonly source: string; readonly type: string },
  { crossStackScope = scope, target, eventPattern, description, ruleName }: OnEventOptions,
): Rule {
  const rule = new Rule(crossStackScope, id, {
    eventBus: event.eventBus,
    eventPattern: { source: [event.source], detailType: [event.type] },
    description,
    ruleName,
  });
  rule.addEventPattern(eventPattern);
  rule.addTarget(target);
  return rule;
}
