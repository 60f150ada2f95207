import type { Assembly, Facts, Principal, Resource } from '../service.ts';
import { type Decision, decide, type Statement } from './policies.ts';
import type { ResourceStatement } from './resource-policies.ts';
import { statementsOfRole } from './roles.ts';

/** Somebody with policies of their own. */
export interface Identity {
  readonly principal: Principal;
  readonly statements: readonly Statement[];
  /** What a condition may ask about the caller itself, by lower-case key. */
  readonly facts: Facts;
  /** Verdicts that no condition has a part in: the same question has the same answer for ever. */
  readonly decided: Map<string, Verdict>;
}

/** A decision, and the kind of policies that an explicit refusal comes from. */
export interface Verdict {
  readonly decision: Decision;
  readonly policies: 'identity' | 'resource';
}

/** More distinct questions than a run asks; beyond it (ids in ARNs) the memory starts afresh. */
const verdictsKept = 10_000;

export function functionIdentity(assembly: Assembly, fn: Resource): Identity {
  const role = assembly.find('AWS::IAM::Role', String(fn.properties.Role));
  if (!role) {
    throw new Error(
      `Function ${fn.path} runs as ${fn.properties.Role}, which is no role of the template: what it may do cannot be known here.`,
    );
  }
  return roleIdentity(assembly, role, { kind: 'function', name: fn.id }, fn.id);
}

/** A session of a role, which may do what the role's policies say. */
export function roleIdentity(
  assembly: Assembly,
  role: Resource,
  who: Pick<Principal, 'kind' | 'name'>,
  session: string,
): Identity {
  const account = accountOf(role.arn);
  const roleName = role.arn.slice(role.arn.lastIndexOf('/') + 1);
  return {
    principal: {
      ...who,
      arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${session}`,
      roleArn: role.arn,
    },
    statements: statementsOfRole(assembly, role),
    facts: {
      'aws:principalarn': role.arn,
      'aws:principalaccount': account,
      ...overTls,
    },
    decided: new Map(),
  };
}

/** The person at the keyboard. */
export function operatorIdentity(assembly: Assembly): Identity {
  const account = accountOf(assembly.ofType('AWS::Lambda::Function')[0]?.arn ?? '');
  return {
    principal: {
      kind: 'operator',
      name: 'operator',
      arn: `arn:aws:iam::${account}:user/operator`,
      roleArn: '',
    },
    statements: [],
    facts: {},
    decided: new Map(),
  };
}

/** What a service is that acts in its own name: nobody but resources' own policies speak for it. */
export function serviceFacts({ name, sourceArn }: Principal): Facts {
  return {
    'aws:principalisawsservice': 'true',
    'aws:principalservicename': name,
    ...overTls,
    ...(sourceArn && { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': accountOf(sourceArn) }),
  };
}

/** What the identity's own policies and those of the resource come to together, within one account. */
export function judge(
  { principal, statements, facts: ownFacts, decided }: Identity,
  attached: readonly ResourceStatement[],
  action: string,
  resourceArn: string,
  facts: Facts | undefined,
): Verdict {
  const question = `${action} ${resourceArn}`;
  const known = decided.get(question);
  if (known) return known;

  const isAsked = ({ coversAction, coversResource }: Statement) =>
    coversAction(action) && coversResource(resourceArn);
  const ofIdentity = statements.filter(isAsked);
  const ofResource = attached.filter(
    (statement) => isAsked(statement) && statement.coversPrincipal(principal),
  );
  const calledService = `${action.split(':')[0]}:`;
  const decideOn = (concerned: readonly Statement[]) =>
    decide(
      concerned,
      { ...ownFacts, ...lowerKeys(facts ?? {}) },
      (key) =>
        // Whoever gives the facts of a call speaks for all of that service's keys: the others are absent.
        facts !== undefined && key.startsWith(calledService),
    );
  const verdict = together(decideOn(ofIdentity), decideOn(ofResource));
  if ([...ofIdentity, ...ofResource].every(({ conditions }) => conditions.length === 0)) {
    if (decided.size >= verdictsKept) decided.clear();
    decided.set(question, verdict);
  }
  return verdict;
}

function together(byIdentity: Decision, byResource: Decision): Verdict {
  if (byIdentity === 'denied explicitly') return { decision: byIdentity, policies: 'identity' };
  if (byResource === 'not allowed') return { decision: byIdentity, policies: 'identity' };
  return { decision: byResource, policies: 'resource' };
}

/** On AWS every call is made over TLS; here the endpoint is a loopback address. */
const overTls = { 'aws:securetransport': 'true' };

function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}

function lowerKeys(facts: Facts): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key.toLowerCase(), value]),
  );
}
