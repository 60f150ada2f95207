import { AwsFault, type Principal, type Resource, type StageContext } from '../service.ts';
import { queueOf } from '../sqs/queue-registry.ts';
import { sendMessage } from '../sqs/sending.ts';
import { busLabel, busName, hasBus } from './names.ts';
import type { Forward, Target, TargetSettings } from './target.ts';
import { compileInput } from './target-input.ts';

/** A kind of target that the stage delivers to. */
interface Kind {
  readonly arns: RegExp;
  /** Properties that it knows besides the common ones. */
  readonly properties: readonly string[];
  /** Throws a sentence where such a target cannot be. */
  open(
    context: StageContext,
    rule: Resource,
    settings: TargetSettings,
    forward: Forward,
  ): Pick<Target, 'label' | 'deliver'>;
}

const INPUTS = ['Input', 'InputPath', 'InputTransformer'];

/** Lambda's asynchronous invocation: delivered is what Lambda has taken, whatever the function makes of it (D). */
const functionKind: Kind = {
  arns: /^arn:aws:lambda:/,
  properties: INPUTS,
  open: (context, rule, settings) => {
    const fn = context.assembly.find('AWS::Lambda::Function', settings.Arn);
    if (!fn) throw new Error(`${settings.Arn} is no function of the template`);
    const write = compileInput(settings, rule.arn);
    return {
      label: fn.logicalId,
      deliver: (event, receivedAt) => {
        const payload = write(event, receivedAt);
        demandJson(payload);
        context.functions.invokeLater(fn.arn, payload, eventBridge(rule.arn));
      },
    };
  },
};

const queueKind: Kind = {
  arns: /^arn:aws:sqs:/,
  properties: INPUTS,
  open: (context, rule, settings) => {
    const queue = context.assembly.find('AWS::SQS::Queue', settings.Arn);
    if (!queue) throw new Error(`${settings.Arn} is no queue of the template`);
    const write = compileInput(settings, rule.arn);
    return {
      label: queue.logicalId,
      deliver: (event, receivedAt) =>
        sendFor(rule.arn, context, queue.arn, { MessageBody: write(event, receivedAt) }),
    };
  },
};

/** The event goes on as it is, with the rights of the target's role (D, PutTargets). */
const busKind: Kind = {
  arns: /^arn:aws:events:[^:]*:[^:]*:event-bus\//,
  properties: ['RoleArn'],
  open: (context, rule, { Arn: arn, RoleArn: roleArn = '' }, forward) => {
    const { EventBusName: own } = rule.properties as { EventBusName?: string };
    if (!hasBus(context, arn)) throw new Error(`${arn} is no bus of the template`);
    if (busName(arn) === busName(own)) {
      throw new Error('it is the bus that the rule listens on, so that events would go round');
    }
    if (!context.assembly.find('AWS::IAM::Role', roleArn)) {
      throw new Error('a bus needs a RoleArn, and that a role of the template');
    }
    const demandRights = () => {
      const { demand } = context.access;
      const itself = eventBridge(rule.arn);
      renamingRefusals('RoleNotAssumed', () => demand(itself, 'sts:AssumeRole', roleArn));
      demand({ ...itself, roleArn }, 'events:PutEvents', arn);
    };
    try {
      demandRights();
    } catch (error) {
      // A policy that cannot be evaluated stops the start; a refusal shows with the first event, as on AWS.
      if (!(error instanceof AwsFault)) throw error;
    }
    return {
      label: busLabel(context, arn),
      deliver: (event) => {
        demandRights();
        forward(event, arn);
      },
    };
  },
};

const KINDS = [functionKind, queueKind, busKind];

/** Throws a sentence for a target that the stage cannot deliver to. */
export function kindOf(arn: string): Kind {
  const kind = KINDS.find(({ arns }) => arns.test(arn));
  if (kind !== undefined) return kind;
  throw new Error(
    `the local stage delivers to functions, queues and event buses of the template, not to ${arn}`,
  );
}

/** Puts a message into a queue for a rule, if the queue's policy lets EventBridge do so. Throws an AwsFault. */
export function sendFor(
  ruleArn: string,
  context: StageContext,
  queueArn: string,
  message: Parameters<typeof sendMessage>[1],
): void {
  const principal = eventBridge(ruleArn);
  context.access.demand(principal, 'sqs:SendMessage', queueArn);
  sendMessage(queueOf(context, queueArn), message, principal);
}

/** EventBridge, acting for a rule: the resources' own policies say what it may do. */
function eventBridge(ruleArn: string): Principal {
  const name = 'events.amazonaws.com';
  return { kind: 'service', name, arn: name, roleArn: '', sourceArn: ruleArn };
}

function renamingRefusals(name: string, demand: () => void): void {
  try {
    demand();
  } catch (error) {
    throw error instanceof AwsFault ? new AwsFault(name, error.message, error.status) : error;
  }
}

function demandJson(payload: string): void {
  try {
    JSON.parse(payload);
  } catch {
    throw new AwsFault(
      'InvalidRequestContentException',
      'The input of the target is no valid JSON, which is all that a function takes.',
    );
  }
}
