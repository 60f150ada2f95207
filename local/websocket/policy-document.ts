import { anyOf } from '../access/patterns.ts';
import { isObject } from './json.ts';

/** One statement of the policy that an authorizer returned. */
export interface Statement {
  readonly allows: boolean;
  readonly covers: (methodArn: string) => boolean;
}

const INVOKE = 'execute-api:Invoke';
const ELEMENTS = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

/** Reads an authorizer's policy. A text instead says what is wrong with it. */
export function readPolicy(policyDocument: unknown): readonly Statement[] | string {
  if (!isObject(policyDocument)) return 'it returned no policyDocument';
  const statements: Statement[] = [];
  for (const statement of [policyDocument.Statement].flat()) {
    if (!isObject(statement)) return 'its policyDocument has no Statement';
    const unknown = Object.keys(statement).find((element) => !ELEMENTS.includes(element));
    if (unknown) return `its policyDocument has ${unknown}, which is not evaluated here`;
    const { Effect, Action, Resource, Condition } = statement;
    if (Effect !== 'Allow' && Effect !== 'Deny') return 'a statement is neither Allow nor Deny';
    const coversInvoke = anyOf(texts(Action), 'i')(INVOKE);
    const coversMethod = anyOf(texts(Resource));
    // A condition is not evaluated here: it never allows, and it always denies.
    const isInForce = Effect === 'Deny' || Condition === undefined;
    statements.push({
      allows: Effect === 'Allow',
      covers: (methodArn) => isInForce && coversInvoke && coversMethod(methodArn),
    });
  }
  return statements;
}

/** A denial wins, and silence denies. */
export function allowsInvoke(statements: readonly Statement[], methodArn: string): boolean {
  const covering = statements.filter(({ covers }) => covers(methodArn));
  return covering.length > 0 && covering.every(({ allows }) => allows);
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === 'string');
}
