import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What cdk-nag calls a wildcard in this ARN: it spells references as `<LogicalId>`. */
export const wildcardFinding = (scope: IConstruct, arn: string): string =>
  `AwsSolutions-IAM5[Resource::${spell(Stack.of(scope).resolve(arn))}]`;

function spell(part: unknown): string {
  if (typeof part !== 'object' || part === null) return String(part);
  if ('Ref' in part) return `<${part.Ref}>`;
  if ('Fn::Join' in part) {
    const [separator, parts] = part['Fn::Join'] as [string, unknown[]];
    return parts.map(spell).join(separator);
  }
  return JSON.stringify(part);
}
