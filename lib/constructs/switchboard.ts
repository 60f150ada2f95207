import type {
  HttpApi,
  IHttpRouteAuthorizer,
  WebSocketApi,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Grant } from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type Settings, SOCKETS_VARIABLE, tableVariable } from '../../contract/environment.ts';
import type { TableName } from '../../contract/tables.ts';
import { grantRight } from './grant-right.ts';
import { HttpGateway } from './http-gateway.ts';
import { publishRight, socketRight } from './right.ts';
import { type SwitchboardFunctions, switchboardFunctions } from './switchboard-functions.ts';
import { type SwitchboardProps, withDefaults } from './switchboard-props.ts';
import { SwitchboardQueues } from './switchboard-queues.ts';
import { SwitchboardState } from './switchboard-state.ts';
import { WebSocketGateway } from './web-socket-gateway.ts';

/**
 * A realtime backend: a WebSocket API, an HTTP API, the functions behind them and the tables they need.
 * Functions of yours take part through {@link grantPublish} and {@link grantManageConnections}; routes
 * of yours stand on {@link httpApi} and are signed in for by {@link authorizer}.
 */
export class Switchboard extends Construct {
  readonly webSocketApi: WebSocketApi;
  readonly webSocketStage: WebSocketStage;
  readonly httpApi: HttpApi;
  /** Admits access tokens of the user pool; the default of every route on `httpApi`. */
  readonly authorizer: IHttpRouteAuthorizer;
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly userPool: UserPool;
  readonly userPoolClient: UserPoolClient;
  readonly eventBus: EventBus;
  readonly functions: SwitchboardFunctions;
  private readonly sockets: WebSocketGateway;
  private readonly settings: Settings;

  constructor(scope: Construct, id: string, props: SwitchboardProps = {}) {
    super(scope, id);
    const chosen = withDefaults(props);
    const state =
      props.state ?? new SwitchboardState(this, 'State', { removalPolicy: props.removalPolicy });
    this.settings = {
      DOOR: chosen.door,
      GRACE_SECONDS: chosen.graceSeconds,
      RETENTION_SECONDS: chosen.retentionHours * 3600,
      EPOCH: chosen.epoch,
    };

    this.sockets = new WebSocketGateway(this, 'WebSocket', chosen);
    const http = new HttpGateway(this, 'Http', { ...chosen, state });
    this.functions = switchboardFunctions(this, {
      state,
      queues: new SwitchboardQueues(this, 'Queues'),
      sockets: this.sockets,
      settings: this.settings,
      logRetention: chosen.logRetention,
    });
    this.sockets.route(this.functions);
    http.route(this.functions);

    this.webSocketApi = this.sockets.api;
    this.webSocketStage = this.sockets.stage;
    this.httpApi = http.api;
    this.authorizer = http.authorizer;
    this.tables = state.tables;
    this.userPool = state.userPool;
    this.userPoolClient = state.userPoolClient;
    this.eventBus = state.eventBus;
  }

  /** Lets a function publish, in one transaction with whatever else it may write [S1-14]. */
  grantPublish(publisher: lambda.Function): Grant {
    const { notifications } = this.tables;
    publisher.addEnvironment(tableVariable('notifications'), notifications.tableName);
    publisher.addEnvironment(
      'RETENTION_SECONDS' satisfies keyof Settings,
      String(this.settings.RETENTION_SECONDS),
    );
    return grantRight(publisher.role ?? publisher, publishRight(notifications.tableArn));
  }

  /** Lets a function post to sockets, look at them and close them, through `@connections`. */
  grantManageConnections(caller: lambda.Function): Grant {
    caller.addEnvironment(SOCKETS_VARIABLE, this.webSocketStage.callbackUrl);
    const calls = ['post', 'get', 'delete'] as const;
    const callArns = calls.map((call) => this.sockets.callArn(call));
    return grantRight(caller.role ?? caller, socketRight(callArns));
  }
}
