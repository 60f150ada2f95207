import { callerName } from '../access/caller-name.ts';
import type { Service, StageContext } from '../service.ts';
import { type Archives, openArchives } from './archives.ts';
import { createDeliveries, labelOf } from './deliveries.ts';
import type { BusEvent } from './event.ts';
import { answerEventBusApi } from './event-bus-api.ts';
import { busLabel, busName, hasBus } from './names.ts';
import { type Rule, ruleOf } from './rules.ts';

/** The buses, for those in the stage that send events of their own. */
export interface EventBuses extends Service {
  /** The rules of the template, once this has started. */
  rules(): readonly Rule[];
  /** Sends an event to every target of a rule, whatever its pattern. */
  deliver(rule: Rule, event: BusEvent): void;
}

/** EventBridge: the account's default bus and the template's, their rules, and the ways to the targets. */
export function createEventBuses(context: StageContext): EventBuses {
  const { assembly, clock, trace } = context;
  const rules = new Map<string, Rule>();
  const deliveries = createDeliveries(context, (ruleArn) => rules.get(ruleArn));
  let archives: Archives | undefined;

  /** An event arrives at a bus: every rule that wants it gets it. */
  const receive = (event: BusEvent, bus: string | undefined, by: string) => {
    const isKnown = hasBus(context, bus);
    archives?.keep(event, bus);
    const matching = isKnown ? rulesFor(event, busName(bus)) : [];
    for (const rule of matching) deliveries.add(rule, event);
    trace.record({
      at: clock.now(),
      kind: 'call',
      by,
      what: 'events',
      on: busLabel(context, bus),
      outcome: isKnown ? 'ok' : 'dropped',
      detail: { ...labelOf(event), rules: matching.length },
    });
    if (!isKnown) {
      context.warn(
        `${by} put an event on the bus ${bus}, which the template does not have: AWS drops such events without a word.`,
      );
    }
  };

  const rulesFor = (event: BusEvent, bus: string) =>
    [...rules.values()].filter(
      (rule) => rule.bus === bus && rule.isEnabled && rule.matches?.(event),
    );

  return {
    name: 'events',
    scopes: ['events'],
    rules: () => [...rules.values()],
    deliver: deliveries.add,
    start: async () => {
      archives = openArchives(context);
      for (const resource of assembly.ofType('AWS::Events::Rule')) {
        const { logicalId, arn } = resource;
        const rule = ruleOf(context, resource, (event, bus) => receive(event, bus, logicalId));
        rules.set(arn, rule);
      }
      deliveries.start();
      const own = assembly.ofType('AWS::Events::EventBus').length;
      return `the default bus and ${own} more, ${rules.size} rules`;
    },
    handle: async (call) =>
      answerEventBusApi(call, context, [...rules.values()], (event, bus) =>
        receive(event, bus, callerName(assembly, call.principal)),
      ),
    stop: async () => deliveries.stop(),
  };
}
