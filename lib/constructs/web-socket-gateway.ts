import { Validations } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { SocketCall } from '../../contract/functions.ts';
import { type GatewayProps, stageSettings } from './stage-settings.ts';

/** [S4-06] Where sockets end: stage `prod`, routes `$connect`, `$disconnect` and `$default`. */
export class WebSocketGateway extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      apiName: 'switchboard-websocket',
      routeSelectionExpression: '$request.body.action',
    });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'prod',
      ...stageSettings(this, props),
    });
  }

  /** Apart from the constructor, because the functions are told where this gateway is. */
  route(to: Readonly<Record<'connect' | 'disconnect' | 'default', IFunction>>): void {
    const integration = (name: keyof typeof to) => ({
      integration: new WebSocketLambdaIntegration(name, to[name]),
    });
    const routes = [
      this.api.addRoute('$connect', integration('connect')),
      this.api.addRoute('$disconnect', integration('disconnect')),
      // Two-way: what the function returns is the reply.
      this.api.addRoute('$default', { ...integration('default'), returnResponse: true }),
    ];
    for (const route of routes) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'A socket says who it is by its first frame. Until then it can do nothing else, and it is closed after five seconds.',
      });
    }
  }

  /** One method of `@connections`, for every connection of this stage and of no other. */
  callArn(call: SocketCall): string {
    const route = `${call.toUpperCase()}/@connections/*`;
    return this.api.arnForExecuteApiV2(route, this.stage.stageName);
  }
}
