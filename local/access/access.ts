import { type Access, type Assembly, AwsFault, type Principal } from '../service.ts';
import { environmentOf, issueCredentials } from './credentials.ts';
import {
  functionIdentity,
  type Identity,
  judge,
  operatorIdentity,
  roleIdentity,
  serviceFacts,
  type Verdict,
} from './identities.ts';
import { compilePermissions } from './permissions.ts';
import { compileResourcePolicies } from './resource-policies.ts';

/**
 * Who is who in the assembly, and who may do what, by the policies of the template.
 * Throws a sentence when a policy says something that would not be evaluated as IAM does.
 */
export function createAccess(assembly: Assembly): Access {
  const operator = operatorIdentity(assembly);
  const functions = assembly
    .ofType('AWS::Lambda::Function')
    .map((fn) => functionIdentity(assembly, fn));
  const callers = [operator, ...functions].map((identity) => ({
    ...identity,
    credentials: issueCredentials(identity === operator ? 'lasting' : 'temporary'),
  }));
  const byName = new Map(callers.map((caller) => [caller.principal.name, caller]));
  const byKey = new Map(callers.map((caller) => [caller.credentials.accessKeyId, caller]));
  const serviceRoles = new Map<string, Identity>();
  const mayInvoke = compilePermissions(assembly);
  const policiesOf = compileResourcePolicies(assembly);

  const callerNamed = (name: string) => {
    const caller = byName.get(name);
    if (!caller) throw new Error(`There is no function ${name} in the template.`);
    return caller;
  };

  /** A service that acts as a role of the template. */
  const serviceRole = ({ name, roleArn }: Principal): Identity => {
    const key = `${name} ${roleArn}`;
    const known = serviceRoles.get(key);
    if (known) return known;
    const role = assembly.find('AWS::IAM::Role', roleArn);
    if (!role) throw new Error(`${roleArn} is no role of the template.`);
    const identity = roleIdentity(assembly, role, { kind: 'service', name }, name);
    serviceRoles.set(key, identity);
    return identity;
  };

  const identityOf = (principal: Principal): Identity => {
    if (principal.kind !== 'service') return callerNamed(principal.name);
    if (principal.roleArn !== '') return serviceRole(principal);
    return { principal, statements: [], facts: serviceFacts(principal), decided: new Map() };
  };

  const demand: Access['demand'] = (principal, action, resourceArn, facts) => {
    if (principal.kind === 'operator') return;
    const identity = identityOf(principal);
    const verdict = judge(identity, policiesOf(resourceArn), action, resourceArn, facts);
    if (verdict.decision === 'allowed') return;
    const isOwnName = principal.kind === 'service' && principal.roleArn === '';
    throw refusal(
      identity.principal,
      action,
      resourceArn,
      isOwnName ? { ...verdict, policies: 'resource' } : verdict,
    );
  };

  return {
    demand,
    demandInvoke(principal, functionArn) {
      const action = 'lambda:InvokeFunction';
      // A service that acts as a role of the template has that role's rights, and no others.
      if (principal.kind !== 'service' || principal.roleArn !== '') {
        return demand(principal, action, functionArn);
      }
      if (!mayInvoke(principal, functionArn)) {
        throw refusal(principal, action, functionArn, {
          decision: 'not allowed',
          policies: 'resource',
        });
      }
    },
    principalOfFunction: (functionId) => callerNamed(functionId).principal,
    credential(accessKeyId) {
      const caller = byKey.get(accessKeyId);
      return caller && { principal: caller.principal, ...caller.credentials };
    },
    environmentFor: (name) => environmentOf(callerNamed(name).credentials),
    openSession(functionId) {
      const credentials = issueCredentials('temporary');
      const { accessKeyId } = credentials;
      byKey.set(accessKeyId, { ...callerNamed(functionId), credentials });
      const close = () => void byKey.delete(accessKeyId);
      return { accessKeyId, environment: environmentOf(credentials), close };
    },
  };
}

function refusal(
  { arn }: Principal,
  action: string,
  resourceArn: string,
  { decision, policies }: Verdict,
): AwsFault {
  const because =
    decision === 'denied explicitly'
      ? `with an explicit deny in ${policies === 'identity' ? 'an identity' : 'a resource'}-based policy`
      : `because no ${policies}-based policy allows the ${action} action`;
  return new AwsFault(
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resourceArn} ${because}`,
    403,
  );
}
