import { Validations } from 'aws-cdk-lib';
import {
  type IWebSocketRouteAuthorizer,
  WebSocketApi,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import {
  WebSocketIamAuthorizer,
  WebSocketLambdaAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Door } from '../../contract/environment.ts';
import type { FunctionName, SocketCall } from '../../contract/functions.ts';
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
  route(to: Readonly<Record<FunctionName, IFunction>>, door: Door): void {
    const integration = (name: FunctionName) => ({
      integration: new WebSocketLambdaIntegration(name, to[name]),
    });
    const authorizer = authorizerOf(door, to);
    const routes = [
      this.api.addRoute(
        '$connect',
        authorizer ? { ...integration('enter'), authorizer } : integration('connect'),
      ),
      this.api.addRoute('$disconnect', integration('disconnect')),
      // Two-way: what the function returns is the reply.
      this.api.addRoute('$default', { ...integration('default'), returnResponse: true }),
    ];
    for (const route of routes) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: authorizer
          ? 'Only $connect of a WebSocket API can have an authorizer, and it has.'
          : 'A socket says who it is by its first frame. Until then it can do nothing else, and it is closed after five seconds.',
      });
    }
  }

  /** What whoever signs a handshake has to be allowed. */
  get connectArn(): string {
    return this.api.arnForExecuteApiV2('$connect', this.stage.stageName);
  }

  /** One method of `@connections`, for every connection of this stage and of no other. */
  callArn(call: SocketCall): string {
    const route = `${call.toUpperCase()}/@connections/*`;
    return this.api.arnForExecuteApiV2(route, this.stage.stageName);
  }
}

/** Of the doors that know who comes before the socket is open [S3-01]. Who brings nothing is refused by API Gateway. */
function authorizerOf(
  door: Door,
  to: Readonly<Record<FunctionName, IFunction>>,
): IWebSocketRouteAuthorizer | undefined {
  if (door === 'iam') return new WebSocketIamAuthorizer();
  if (door === 'ticket') {
    return new WebSocketLambdaAuthorizer('TicketDoor', to['ticket-door'], {
      identitySource: ['route.request.querystring.ticket'],
    });
  }
  if (door === 'sub-protocol') {
    return new WebSocketLambdaAuthorizer('SubProtocolDoor', to['sub-protocol-door'], {
      identitySource: ['route.request.header.Sec-WebSocket-Protocol'],
    });
  }
  return undefined;
}
