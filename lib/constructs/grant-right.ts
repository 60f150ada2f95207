import { Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Right } from './right.ts';
import { wildcardFinding } from './wildcard-finding.ts';

/** Gives exactly this right, and answers what cdk-nag says of its wildcards with its own reason. */
export function grantRight(
  grantee: IGrantable & IConstruct,
  { actions, resources, wildcardBecause: reason }: Right,
): Grant {
  if (reason !== undefined) {
    const findings = resources.map((arn) => ({ id: wildcardFinding(grantee, arn), reason }));
    Validations.of(grantee).acknowledge(...findings);
  }
  return Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [...resources] });
}

/** Signed handshakes are a right like any other; who gets it may be a principal of somewhere else. */
export const connectGrant = (grantee: IGrantable, connectArn: string): Grant =>
  Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [connectArn] });
