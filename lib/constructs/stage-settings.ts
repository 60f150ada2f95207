import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroupLogDestination, type StageOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface GatewayProps {
  /** Requests a second; refused with 429 above it. */
  readonly throttleRate: number;
  /** Requests at once; refused with 429 above it. */
  readonly throttleBurst: number;
  readonly accessLogs: boolean;
  readonly logRetention: RetentionDays;
  /** @default - CloudWatch's own key */
  readonly encryptionKey?: IKey | undefined;
}

/** What the stages of both APIs have in common; `scope` is the gateway whose stage it will be. */
export function stageSettings(scope: Construct, props: GatewayProps): StageOptions {
  const common: StageOptions = {
    autoDeploy: true,
    // Always both: one without the other makes the missing one 0, and every request then gets a 429.
    throttle: { rateLimit: props.throttleRate, burstLimit: props.throttleBurst },
  };
  if (!props.accessLogs) {
    const reason =
      'Access logs are a setting (switchboard:accessLogs): WebSocket APIs need a role for them that belongs to the whole account.';
    Validations.of(scope).acknowledge(
      { id: 'AwsSolutions-APIG1', reason },
      { id: 'Serverless-APIGWAccessLogging', reason },
    );
    return common;
  }
  const logGroup = new LogGroup(scope, 'AccessLog', {
    retention: props.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
    ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
  });
  const destination = new LogGroupLogDestination(logGroup);
  return { ...common, accessLogSettings: { destination, format: accessLogFormat } };
}

/** One JSON line a request, in the variables that both kinds of API know; nobody's token or payload. */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    address: '$context.identity.sourceIp',
    route: '$context.routeKey',
    connectionId: '$context.connectionId',
    status: '$context.status',
    error: '$context.error.message',
  }),
);
