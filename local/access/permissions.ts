import type { Assembly, Principal } from '../service.ts';
import { anyArnOf, anyOf } from './patterns.ts';

type Permits = (principal: Principal) => boolean;

const evaluated = ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'];

/** Lambda's own pollers invoke for an event source mapping; no resource policy speaks of them. */
const pollers = 'lambda.amazonaws.com';

/** Answers, from the template's `AWS::Lambda::Permission`s, whether a service may invoke a function. */
export function compilePermissions(
  assembly: Assembly,
): (principal: Principal, functionArn: string) => boolean {
  const permits = new Map<string, Permits[]>();
  for (const { properties, path } of assembly.ofType('AWS::Lambda::Permission')) {
    const unknown = Object.keys(properties).find((name) => !evaluated.includes(name));
    if (unknown) {
      throw new Error(
        `Permission ${path} has ${unknown}, which the local stage does not evaluate.`,
      );
    }
    const target = assembly.find('AWS::Lambda::Function', String(properties.FunctionName));
    if (!target) {
      throw new Error(
        `Permission ${path} is for ${properties.FunctionName}, which is no function.`,
      );
    }
    permits.set(target.arn, [...(permits.get(target.arn) ?? []), compilePermission(properties)]);
  }
  return (principal, functionArn) =>
    principal.name === pollers ||
    (permits.get(functionArn) ?? []).some((permit) => permit(principal));
}

function compilePermission(properties: Readonly<Record<string, unknown>>): Permits {
  const coversInvoke = anyOf([String(properties.Action)], 'i')('lambda:InvokeFunction');
  const isSource =
    properties.SourceArn === undefined ? () => true : anyArnOf([String(properties.SourceArn)]);
  return ({ name, sourceArn = '' }) =>
    coversInvoke &&
    (properties.Principal === '*' || properties.Principal === name) &&
    isSource(sourceArn) &&
    (properties.SourceAccount === undefined ||
      properties.SourceAccount === sourceArn.split(':')[4]);
}
