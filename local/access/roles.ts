import type { Assembly, Resource } from '../service.ts';
import { compilePolicy, type Statement } from './policies.ts';

/** The AWS managed policies that a template may name. Each is what AWS publishes under that name. */
const managedByAws: Readonly<Record<string, unknown>> = {
  AWSLambdaBasicExecutionRole: {
    Statement: {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  },
};

/** What the policies of the template say for one role, wherever they are attached to it. */
export function statementsOfRole(assembly: Assembly, role: Resource): readonly Statement[] {
  if (role.properties.PermissionsBoundary !== undefined) {
    throw new Error(
      `Role ${role.path} has a permissions boundary, which the local stage does not evaluate.`,
    );
  }
  const inline = listOf(role.properties.Policies) as {
    PolicyName?: string;
    PolicyDocument: unknown;
  }[];
  const managed = listOf(role.properties.ManagedPolicyArns) as string[];
  const attached = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => assembly.ofType(type))
    .filter(({ properties }) => listOf(properties.Roles).includes(role.id));
  return [
    ...inline.flatMap((policy) =>
      compilePolicy(policy.PolicyDocument, `Policy ${policy.PolicyName} of role ${role.path}`),
    ),
    ...managed.flatMap((arn) => statementsOfManagedPolicy(assembly, arn, role)),
    ...attached.flatMap(statementsOfPolicy),
  ];
}

function statementsOfManagedPolicy(
  assembly: Assembly,
  arn: string,
  role: Resource,
): readonly Statement[] {
  const own = assembly.find('AWS::IAM::ManagedPolicy', arn);
  if (own) return statementsOfPolicy(own);
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const document = managedByAws[name];
  if (document === undefined || !arn.includes(':iam::aws:policy/')) {
    throw new Error(
      `Role ${role.path} has the managed policy ${arn}, which the local stage does not know: write its rights as a policy of the role.`,
    );
  }
  return compilePolicy(document, `Managed policy ${name}`);
}

function statementsOfPolicy(policy: Resource): readonly Statement[] {
  return compilePolicy(policy.properties.PolicyDocument, `Policy ${policy.path}`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
