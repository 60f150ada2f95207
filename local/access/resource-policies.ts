import type { Assembly, Principal } from '../service.ts';
import { compileStatement, type Statement, statementsIn } from './policies.ts';
import { compilePrincipal } from './principal-element.ts';

/** One statement of a policy that hangs on a resource and says whom it is about. */
export interface ResourceStatement extends Statement {
  readonly coversPrincipal: (principal: Principal) => boolean;
}

type Policies = Map<string, readonly ResourceStatement[]>;

/**
 * What the resources themselves say, by ARN: queues and event buses by their policies, roles by who may
 * assume them. Functions have their `AWS::Lambda::Permission`s instead. Throws a sentence at whatever
 * would not be evaluated as IAM does; roles are read when they are first asked.
 */
export function compileResourcePolicies(
  assembly: Assembly,
): (resourceArn: string) => readonly ResourceStatement[] {
  const policies: Policies = new Map([...queuePolicies(assembly), ...busPolicies(assembly)]);
  return (resourceArn) => {
    const known = policies.get(resourceArn);
    if (known) return known;
    // Each connection has an ARN of its own: only for what can be a role is it worth to look further.
    if (!resourceArn.includes(':role/')) return [];
    const role = assembly.find('AWS::IAM::Role', resourceArn);
    if (!role) return [];
    const { AssumeRolePolicyDocument: trust } = role.properties;
    const statements = compile(trust, `The trust policy of role ${role.path}`, { Resource: '*' });
    policies.set(resourceArn, statements);
    return statements;
  };
}

function queuePolicies(assembly: Assembly): Policies {
  const policies: Policies = new Map();
  for (const { path, properties } of assembly.ofType('AWS::SQS::QueuePolicy')) {
    const statements = compile(properties.PolicyDocument, `Queue policy ${path}`);
    for (const named of (properties.Queues ?? []) as string[]) {
      const queue = assembly.find('AWS::SQS::Queue', named);
      if (!queue) throw new Error(`Queue policy ${path} is for ${named}, which is no queue.`);
      if (policies.has(queue.arn)) {
        throw new Error(
          `Queue policy ${path} is the second one for ${queue.path}, and AWS keeps but one of them: make them one.`,
        );
      }
      policies.set(queue.arn, statements);
    }
  }
  return policies;
}

function busPolicies(assembly: Assembly): Policies {
  const policies: Policies = new Map();
  for (const { path, properties } of assembly.ofType('AWS::Events::EventBusPolicy')) {
    // The older form has no statement: it lets another account in, which the stage does not have.
    if (properties.Statement === undefined) continue;
    const bus = assembly.find('AWS::Events::EventBus', String(properties.EventBusName));
    if (!bus) {
      throw new Error(
        `Bus policy ${path} is for ${properties.EventBusName ?? 'the default bus'}: the local stage evaluates those of buses of the template only.`,
      );
    }
    const statements = compile(properties, `Bus policy ${path}`);
    policies.set(bus.arn, [...(policies.get(bus.arn) ?? []), ...statements]);
  }
  return policies;
}

function compile(document: unknown, where: string, implied: object = {}): ResourceStatement[] {
  return statementsIn(document).map(({ Principal: element, ...rest }) => {
    const statement = compileStatement({ ...implied, ...rest }, where);
    return { ...statement, coversPrincipal: compilePrincipal(element, statement.effect, where) };
  });
}
