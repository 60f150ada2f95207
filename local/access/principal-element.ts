import type { Principal } from '../service.ts';
import type { Statement } from './policies.ts';

/** Whom the `Principal` of a statement means. Throws a sentence that begins with `where` if that is not evaluated. */
export function compilePrincipal(
  element: unknown,
  effect: Statement['effect'],
  where: string,
): (principal: Principal) => boolean {
  const byKind = element === '*' ? { AWS: '*' } : element;
  if (typeof byKind !== 'object' || byKind === null) {
    throw new Error(`${where} has a statement without a Principal.`);
  }
  const tests = Object.entries(byKind).map(([kind, named]) => {
    const names = [named].flat().map(String);
    if (kind === 'Service') return ({ name }: Principal) => names.includes(name);
    if (kind === 'AWS') return (principal: Principal) => isNamed(principal, names, effect);
    // Whoever signs in elsewhere makes no signed call here.
    if (kind === 'Federated') return () => false;
    throw new Error(`${where} has a Principal of the kind ${kind}, which is not evaluated here.`);
  });
  return (principal) => tests.some((isMeant) => isMeant(principal));
}

function isNamed(
  { arn, roleArn }: Principal,
  names: readonly string[],
  effect: Statement['effect'],
): boolean {
  return names.some((name) => {
    if (name === '*') return true;
    if (roleArn === '') return false;
    const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
    if (account === undefined) return name === arn || name === roleArn;
    // To allow an account is to let its own policies allow; to deny it is to deny everybody in it.
    return effect === 'Deny' && account === roleArn.split(':')[4];
  });
}
