import { Duration, Validations } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Door } from '../../contract/environment.ts';
import type { FunctionName } from '../../contract/functions.ts';
import {
  type HttpOperation,
  httpOperations,
  IDEMPOTENCY_HEADER,
  SESSION_HEADER,
  TENANT_HEADER,
} from '../../contract/http.ts';
import { keysOf } from '../records.ts';
import { type GatewayProps, stageSettings } from './stage-settings.ts';
import type { SwitchboardState } from './switchboard-state.ts';

export interface HttpGatewayProps extends GatewayProps {
  readonly state: SwitchboardState;
  readonly allowedOrigins: readonly string[];
}

/** The HTTP API: every route of it asks for an access token, unless the route says otherwise. */
export class HttpGateway extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly authorizer: HttpUserPoolAuthorizer;

  constructor(scope: Construct, id: string, props: HttpGatewayProps) {
    super(scope, id);
    const { userPool, userPoolClient } = props.state;
    this.authorizer = new HttpUserPoolAuthorizer('Authorizer', userPool, {
      userPoolClients: [userPoolClient],
    });
    this.api = new HttpApi(this, 'Api', {
      apiName: 'switchboard-http',
      defaultAuthorizer: this.authorizer,
      corsPreflight: corsPreflight(props.allowedOrigins),
      createDefaultStage: false, // that one would have no throttle of its own
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      ...stageSettings(this, props),
    });
  }

  /** Routes the operations of the contract. */
  route(to: Readonly<Record<FunctionName, IFunction>>, door: Door): void {
    for (const name of keysOf(httpOperations)) {
      const operation: HttpOperation = httpOperations[name];
      if (operation.door !== undefined && operation.door !== door) continue;
      const { path, method, function: handler, access } = operation;
      const routes = this.api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration: new HttpLambdaIntegration(name, to[handler]),
        ...(access === 'anonymous' && { authorizer: new HttpNoneAuthorizer() }),
      });
      if (access === 'anonymous') routes.forEach(acknowledgeAnonymous);
    }
  }
}

function acknowledgeAnonymous(route: HttpRoute): void {
  Validations.of(route).acknowledge({
    id: 'AwsSolutions-APIG4',
    reason:
      'It is how people come to have a token: it asks for a password, an invitation or a refresh token, and counts the tries of each address.',
  });
}

const corsPreflight = (origins: readonly string[]): CorsPreflightOptions | undefined =>
  origins.length === 0
    ? undefined
    : {
        allowOrigins: [...origins],
        allowMethods: [CorsHttpMethod.ANY],
        allowHeaders: [
          'authorization',
          'content-type',
          SESSION_HEADER,
          TENANT_HEADER,
          IDEMPOTENCY_HEADER,
        ],
        exposeHeaders: ['retry-after'], // or a page cannot read when to try again
        maxAge: Duration.hours(1),
      };
