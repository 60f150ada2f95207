import { type AwsAnswer, type AwsCall, AwsFault, type StageContext } from '../service.ts';
import { busArn, busLabel, busName, hasBus } from './names.ts';
import { type Accept, putEvents } from './put-events.ts';
import type { Rule } from './rules.ts';

interface Input {
  readonly Name?: string;
  readonly EventBusName?: string;
  readonly NamePrefix?: string;
  readonly Entries?: ReadonlyArray<{ readonly EventBusName?: string }>;
}

/** EventBridge's API as far as functions of the template and people at a keyboard need it. */
export function answerEventBusApi(
  { action, principal, body }: AwsCall,
  context: StageContext,
  rules: readonly Rule[],
  accept: Accept,
): AwsAnswer {
  const { demand } = context.access;
  const input = inputIn(body);
  switch (action) {
    case 'PutEvents':
      return {
        ...ok(putEvents(context, input.Entries, principal, accept)),
        on: busLabel(context, input.Entries?.[0]?.EventBusName),
      };
    case 'DescribeEventBus':
      demand(principal, 'events:DescribeEventBus', busArn(context, input.Name));
      return ok(describeBus(context, input.Name));
    case 'ListRules':
      // IAM knows no narrower resource for it.
      demand(principal, 'events:ListRules', '*');
      return ok(listRules(context, rules, input));
    default:
      throw new AwsFault(
        'UnknownOperationException',
        `The local stage does not run events:${action}; its buses and rules come from the template.`,
      );
  }
}

function describeBus(context: StageContext, named: string | undefined) {
  if (!hasBus(context, named)) {
    throw new AwsFault('ResourceNotFoundException', `Event bus ${busName(named)} does not exist.`);
  }
  return { Name: busName(named), Arn: busArn(context, named) };
}

function listRules(
  context: StageContext,
  rules: readonly Rule[],
  { EventBusName, NamePrefix = '' }: Input,
) {
  const bus = describeBus(context, EventBusName).Name;
  return {
    Rules: rules
      .filter((rule) => rule.bus === bus && rule.name.startsWith(NamePrefix))
      .map(({ name, resource, isEnabled }) => ({
        Name: name,
        Arn: resource.arn,
        EventBusName: bus,
        State: isEnabled ? 'ENABLED' : 'DISABLED',
        Description: resource.properties.Description,
        ScheduleExpression: resource.properties.ScheduleExpression,
        EventPattern: textOf(resource.properties.EventPattern),
      })),
  };
}

function inputIn(body: Buffer): Input {
  try {
    const input: unknown = JSON.parse(body.toString() || '{}');
    if (typeof input === 'object' && input !== null) return input;
  } catch {
    // Refused below, like everything that is no object.
  }
  throw new AwsFault('SerializationException', 'The request body is no JSON object');
}

const textOf = (json: unknown) => (typeof json === 'string' ? json : JSON.stringify(json));

const ok = (output: object): AwsAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(output),
});
