import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LambdaInvoke, type LambdaInvokeProps } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { invokeRight } from './right.ts';

export type FunctionTaskProps = Omit<
  LambdaInvokeProps,
  'payloadResponseOnly' | 'retryOnServiceExceptions'
>;

/**
 * A function as a workflow's task: its answer is the result, and the workflow's role may invoke the function
 * itself and none of its versions. What is tried again is what `addRetry` says, nothing else.
 */
export class FunctionTask extends LambdaInvoke {
  protected override readonly taskPolicies: PolicyStatement[];

  constructor(scope: Construct, id: string, props: FunctionTaskProps) {
    super(scope, id, { ...props, payloadResponseOnly: true, retryOnServiceExceptions: false });
    const { actions, resources } = invokeRight(props.lambdaFunction.functionArn);
    this.taskPolicies = [new PolicyStatement({ actions: [...actions], resources: [...resources] })];
  }
}
