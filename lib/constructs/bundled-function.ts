import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundledCode } from '../bundled-code.ts';
import { grantRight } from './grant-right.ts';
import type { Right } from './right.ts';

export interface BundledFunctionProps {
  /** Its source below the project's folder, without suffix: `lambdas/routes/connect`. */
  readonly entry: string;
  readonly description: string;
  /** @default - CloudFormation makes one up */
  readonly functionName?: string | undefined;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** @default - no variables */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default - it may write its own log, and nothing else */
  readonly rights?: readonly Right[];
  /** @default - one of its own, kept for a month */
  readonly logGroup?: LogGroup;
}

/** What is undefined is left to CloudFormation, or CloudWatch. */
export interface FunctionLogProps {
  readonly retention: RetentionDays;
  readonly logGroupName?: string | undefined;
  readonly encryptionKey?: IKey | undefined;
}

/** Where the function of this id writes, for those who need to know before there is the function. */
export const functionLog = (scope: Construct, id: string, props: FunctionLogProps): LogGroup =>
  new LogGroup(scope, `${id}Log`, { ...props, removalPolicy: RemovalPolicy.DESTROY });

/**
 * A function as all of ours are: Node 24 on arm64, one JSON line a fact into a log of its own, and a
 * role of its own that holds exactly its rights.
 */
export class BundledFunction extends lambda.Function {
  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    const logGroup =
      props.logGroup ?? functionLog(scope, id, { retention: RetentionDays.ONE_MONTH });
    // Not AWSLambdaBasicExecutionRole, which may write every log of the account.
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const writeLog: Right = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    };
    for (const right of [writeLog, ...(props.rights ?? [])]) grantRight(role, right);
    super(scope, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: bundledCode(props.entry),
      description: props.description,
      functionName: props.functionName,
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb,
      environment: { ...props.environment },
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup,
      role,
    });
    Validations.of(this).acknowledge(
      {
        id: 'Serverless-LambdaDLQ',
        reason:
          'Dead-letter targets serve asynchronous invocations: APIs and mappings tell of their failures themselves, and the next sweep does what one sweep did not.',
      },
      {
        id: 'Serverless-LambdaTracing',
        reason: 'Traces are billed for each invocation; log lines carry the ids that join them.',
      },
    );
  }
}
