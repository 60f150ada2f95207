import {
  type Access,
  type Assembly,
  AwsFault,
  type Facts,
  type Principal,
  type Resource,
} from '../service.ts';
import { type Credentials, environmentOf, issueCredentials } from './credentials.ts';
import { compilePermissions } from './permissions.ts';
import { type Decision, decide, type Statement } from './policies.ts';
import { statementsOfRole } from './roles.ts';

interface Identity {
  readonly principal: Principal;
  readonly credentials: Credentials;
  readonly statements: readonly Statement[];
  /** What a condition may ask about the caller itself, by lower-case key. */
  readonly facts: Facts;
  /** Decisions that no condition has a part in: the same question has the same answer for ever. */
  readonly decided: Map<string, Decision>;
}

/** More distinct questions than a run asks; beyond it (ids in ARNs) the memory starts afresh. */
const decisionsKept = 10_000;

/**
 * Who is who in the assembly, and who may do what, by the policies of the template.
 * Throws a sentence when a policy says something that would not be evaluated as IAM does.
 */
export function createAccess(assembly: Assembly): Access {
  const identities = new Map(
    assembly.ofType('AWS::Lambda::Function').map((fn) => [fn.id, identityOf(assembly, fn)]),
  );
  const operator = operatorOf(assembly);
  const everyone = [operator, ...identities.values()];
  const byKey = new Map(everyone.map((one) => [one.credentials.accessKeyId, one]));
  const mayInvoke = compilePermissions(assembly);

  const identityNamed = (name: string): Identity => {
    const identity = name === operator.principal.name ? operator : identities.get(name);
    if (!identity) throw new Error(`There is no function ${name} in the template.`);
    return identity;
  };

  const demand: Access['demand'] = (principal, action, resourceArn, facts) => {
    if (principal.kind === 'operator') return;
    if (principal.kind === 'service') throw refusal(principal, action, resourceArn, 'resource');
    const decision = decideFor(identityNamed(principal.name), action, resourceArn, facts);
    if (decision !== 'allowed') {
      throw refusal(principal, action, resourceArn, 'identity', decision);
    }
  };

  return {
    demand,
    demandInvoke(principal, functionArn) {
      const action = 'lambda:InvokeFunction';
      if (principal.kind !== 'service') return demand(principal, action, functionArn);
      if (!mayInvoke(principal, functionArn)) {
        throw refusal(principal, action, functionArn, 'resource');
      }
    },
    principalOfFunction: (functionId) => identityNamed(functionId).principal,
    credential(accessKeyId) {
      const identity = byKey.get(accessKeyId);
      return identity && { principal: identity.principal, ...identity.credentials };
    },
    environmentFor: (name) => environmentOf(identityNamed(name).credentials),
  };
}

function decideFor(
  { statements, facts: ownFacts, decided }: Identity,
  action: string,
  resourceArn: string,
  facts: Facts | undefined,
): Decision {
  const question = `${action} ${resourceArn}`;
  const known = decided.get(question);
  if (known) return known;

  const concerned = statements.filter(
    ({ coversAction, coversResource }) => coversAction(action) && coversResource(resourceArn),
  );
  const calledService = `${action.split(':')[0]}:`;
  const decision = decide(
    concerned,
    { ...ownFacts, ...lowerKeys(facts ?? {}) },
    (key) =>
      // Whoever gives the facts of a call speaks for all of that service's keys: the others are absent.
      facts !== undefined && key.startsWith(calledService),
  );
  if (concerned.every(({ conditions }) => conditions.length === 0)) {
    if (decided.size >= decisionsKept) decided.clear();
    decided.set(question, decision);
  }
  return decision;
}

function identityOf(assembly: Assembly, fn: Resource): Identity {
  const role = assembly.find('AWS::IAM::Role', String(fn.properties.Role));
  if (!role) {
    throw new Error(
      `Function ${fn.path} runs as ${fn.properties.Role}, which is no role of the template: what it may do cannot be known here.`,
    );
  }
  const account = accountOf(role.arn);
  const roleName = role.arn.slice(role.arn.lastIndexOf('/') + 1);
  return {
    principal: {
      kind: 'function',
      name: fn.id,
      arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${fn.id}`,
      roleArn: role.arn,
    },
    credentials: issueCredentials('temporary'),
    statements: statementsOfRole(assembly, role),
    facts: {
      'aws:principalarn': role.arn,
      'aws:principalaccount': account,
      // On AWS every SDK call is made over TLS; here the endpoint is a loopback address.
      'aws:securetransport': 'true',
    },
    decided: new Map(),
  };
}

/** The person at the keyboard. */
function operatorOf(assembly: Assembly): Identity {
  const account = accountOf(assembly.ofType('AWS::Lambda::Function')[0]?.arn ?? '');
  return {
    principal: {
      kind: 'operator',
      name: 'operator',
      arn: `arn:aws:iam::${account}:user/operator`,
      roleArn: '',
    },
    credentials: issueCredentials('lasting'),
    statements: [],
    facts: {},
    decided: new Map(),
  };
}

function refusal(
  principal: Principal,
  action: string,
  resourceArn: string,
  policies: 'identity' | 'resource',
  decision: Decision = 'not allowed',
): AwsFault {
  const because =
    decision === 'denied explicitly'
      ? `with an explicit deny in an ${policies}-based policy`
      : `because no ${policies}-based policy allows the ${action} action`;
  return new AwsFault(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resourceArn} ${because}`,
    403,
  );
}

function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}

function lowerKeys(facts: Facts): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key.toLowerCase(), value]),
  );
}
