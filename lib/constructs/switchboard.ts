import { Lazy, Stack } from 'aws-cdk-lib';
import type {
  HttpApi,
  IHttpRouteAuthorizer,
  WebSocketApi,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus, OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  functionVariable,
  queueVariable,
  type Settings,
  SOCKETS_VARIABLE,
  tableVariable,
} from '../../contract/environment.ts';
import {
  LIFECYCLE_SOURCE,
  type LifecycleType,
  NOTIFICATION_SOURCE,
  NOTIFICATION_TYPE,
} from '../../contract/events.ts';
import { functions, type InvokedFunction, type Verb } from '../../contract/functions.ts';
import { TOPIC_RULES_CHARACTERS } from '../../contract/limits.ts';
import type { TableName } from '../../contract/tables.ts';
import { isTopicPattern, type TopicRule } from '../../contract/topic-rules.ts';
import { Mistake } from '../mistake.ts';
import { keysOf } from '../records.ts';
import { type BridgeProps, bridgeRule } from './bridge-rule.ts';
import { busRule } from './bus-rule.ts';
import type { PlainSettings } from './function-environment.ts';
import { connectGrant, grantRight } from './grant-right.ts';
import { HttpGateway } from './http-gateway.ts';
import {
  invokeRight,
  keyReadRight,
  keyWriteRight,
  publishRight,
  sendRight,
  socketRight,
  verbsRight,
} from './right.ts';
import { doorSettingsOf, settingsOf } from './settings-of.ts';
import { switchboardAlarms } from './switchboard-alarms.ts';
import { switchboardDashboard } from './switchboard-dashboard.ts';
import { type SwitchboardFunctions, switchboardFunctions } from './switchboard-functions.ts';
import { SwitchboardMetrics } from './switchboard-metrics.ts';
import { type SwitchboardProps, withDefaults } from './switchboard-props.ts';
import { SwitchboardQueues } from './switchboard-queues.ts';
import { SwitchboardState } from './switchboard-state.ts';
import { WebSocketGateway } from './web-socket-gateway.ts';

/**
 * A realtime backend: a WebSocket API, an HTTP API, the functions behind them and the tables they need.
 * Functions of yours take part through {@link grantPublish}, {@link grantManageConnections},
 * {@link grantReadSessions} and {@link grantInvoke}; they hear of what happens through
 * {@link onPlayerConnect} and its like, and {@link bridge} tells clients what others tell. Routes of yours
 * stand on {@link httpApi} and are signed in for by {@link authorizer}.
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
  /** How long missed notifications can be read. */
  readonly retentionSeconds: number;
  /** The log groups in which functions note what becomes of connections and sessions. */
  readonly journal: readonly string[];
  /** What its functions measure, for graphs and alarms of yours. */
  readonly metrics: SwitchboardMetrics;
  /** Undefined where `monitoring` is off. */
  readonly dashboard: Dashboard | undefined;
  private readonly sockets: WebSocketGateway;
  private readonly queues: SwitchboardQueues;
  private readonly settings: PlainSettings;
  private readonly topicRules: TopicRule[];
  private readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, props: SwitchboardProps = {}) {
    super(scope, id);
    const chosen = withDefaults(props);
    const state =
      props.state ??
      new SwitchboardState(this, 'State', {
        removalPolicy: props.removalPolicy,
        eventsKeptDays: chosen.eventsKeptDays,
        encryptionKey: chosen.encryptionKey,
      });
    this.settings = settingsOf(chosen);

    this.topicRules = [];
    for (const topics of chosen.topics) this.allowTopics(topics);

    const { encryptionKey } = state;
    this.key = encryptionKey;
    this.sockets = new WebSocketGateway(this, 'WebSocket', { ...chosen, encryptionKey });
    const http = new HttpGateway(this, 'Http', { ...chosen, encryptionKey, state });
    this.queues = new SwitchboardQueues(this, 'Queues', encryptionKey);
    this.retentionSeconds = this.settings.RETENTION_SECONDS;
    this.functions = switchboardFunctions(this, {
      state,
      queues: this.queues,
      sockets: this.sockets,
      http,
      settings: this.settings,
      doorSettings: doorSettingsOf(chosen),
      topics: Lazy.string({ produce: () => JSON.stringify(this.topicRules) }),
      namesFunctions: chosen.namesFunctions,
      logRetention: chosen.logRetention,
    });
    this.sockets.route(this.functions, chosen.door);
    http.route(this.functions, chosen.door);

    this.metrics = new SwitchboardMetrics(Stack.of(this).stackName);
    if (chosen.monitoring) {
      const { metrics, functions, queues } = this;
      const { manyConnections, alarmActions } = chosen;
      this.dashboard = switchboardDashboard(this, { metrics, functions, queues });
      const watched = { metrics, functions, queues, manyConnections, actions: alarmActions };
      switchboardAlarms(this, watched);
    }

    this.journal = keysOf(this.functions)
      .filter((name) => 'notes' in functions[name])
      .map((name) => this.functions[name].logGroup.logGroupName);
    this.webSocketApi = this.sockets.api;
    this.webSocketStage = this.sockets.stage;
    this.httpApi = http.api;
    this.authorizer = http.authorizer;
    this.tables = state.tables;
    this.userPool = state.userPool;
    this.userPoolClient = state.userPoolClient;
    this.eventBus = state.eventBus;
  }

  /**
   * [S3-13] Opens topics to users: a topic, or a pattern as in {@link TopicRule.topics}. What nothing opens is
   * closed, apart from `user/{sub}/…`, which is each user's own. Throws at a pattern that is none.
   */
  allowTopics(topics: string, options: Pick<TopicRule, 'scope'> = {}): void {
    demandTopicRule({ topics, ...options });
    this.topicRules.push({ topics, ...options });
    if (JSON.stringify(this.topicRules).length > TOPIC_RULES_CHARACTERS) {
      throw new Mistake(
        `The rules of topics have more than ${TOPIC_RULES_CHARACTERS} characters together: use patterns.`,
      );
    }
  }

  /** Lets a function publish, in one transaction with whatever else it may write [S1-14]. */
  grantPublish(publisher: lambda.Function): Grant {
    const { notifications } = this.tables;
    publisher.addEnvironment(tableVariable('notifications'), notifications.tableName);
    publisher.addEnvironment(
      'RETENTION_SECONDS' satisfies keyof Settings,
      String(this.settings.RETENTION_SECONDS),
    );
    publisher.addEnvironment('EXPRESS' satisfies keyof Settings, this.settings.EXPRESS);
    const role = publisher.role ?? publisher;
    const grant = grantRight(role, publishRight(notifications.tableArn));
    if (this.key) grantRight(role, keyWriteRight(this.key.keyArn));
    if (this.settings.EXPRESS === 'off') return grant;
    const { queueUrl, queueArn } = this.queues.work.express;
    publisher.addEnvironment(queueVariable('express'), queueUrl);
    return grant.combine(grantRight(role, sendRight(queueArn)));
  }

  /** Lets a function post to sockets, look at them and close them, through `@connections`. */
  grantManageConnections(caller: lambda.Function): Grant {
    caller.addEnvironment(SOCKETS_VARIABLE, this.webSocketStage.callbackUrl);
    const calls = ['post', 'get', 'delete'] as const;
    const callArns = calls.map((call) => this.sockets.callArn(call));
    return grantRight(caller.role ?? caller, socketRight(callArns));
  }

  /** Lets a role, or a user of IAM, open sockets at the door `iam`. */
  grantConnect(grantee: IGrantable): Grant {
    return connectGrant(grantee, this.sockets.connectArn);
  }

  /** Lets a function read the published rows of users and sessions [S0-12], by exactly these verbs. */
  grantReadSessions(
    reader: lambda.Function,
    verbs: readonly Extract<Verb, 'get' | 'batchGet' | 'query' | 'scan'>[],
  ): Grant {
    const { sessions } = this.tables;
    reader.addEnvironment(tableVariable('sessions'), sessions.tableName);
    if (this.key) grantRight(reader.role ?? reader, keyReadRight(this.key.keyArn));
    return grantRight(reader.role ?? reader, verbsRight(sessions.tableArn, verbs));
  }

  /** Lets a function invoke one of the internal ones [S0-14], whose payloads are in `contract/internal.ts`. */
  grantInvoke(caller: lambda.Function, name: InvokedFunction): Grant {
    const { functionName, functionArn } = this.functions[name];
    caller.addEnvironment(functionVariable(name), functionName);
    return grantRight(caller.role ?? caller, invokeRight(functionArn));
  }

  /**
   * [S0-08] A rule for users who were away and have come. Events come at least once and in any order;
   * docs/EVENTS.md says how to bear that. Where the target is in another stack than this construct,
   * `crossStackScope` is a construct of that stack.
   */
  onPlayerConnect(id: string, options: OnEventOptions = {}): Rule {
    return this.onLifecycle('Player Connect', id, options);
  }

  /** [S0-08] A rule for users whose last session has ended, as {@link onPlayerConnect}. */
  onPlayerDisconnect(id: string, options: OnEventOptions = {}): Rule {
    return this.onLifecycle('Player Disconnect', id, options);
  }

  /** [S0-08] A rule for sessions that begin, as {@link onPlayerConnect}. */
  onSessionConnect(id: string, options: OnEventOptions = {}): Rule {
    return this.onLifecycle('Session Connect', id, options);
  }

  /** [S0-08] A rule for sessions that have ended, as {@link onPlayerConnect}. */
  onSessionDisconnect(id: string, options: OnEventOptions = {}): Rule {
    return this.onLifecycle('Session Disconnect', id, options);
  }

  /** [S1-12] A rule for notifications, one event for each topic of each, as {@link onPlayerConnect}. */
  onNotification(id: string, options: OnEventOptions = {}): Rule {
    const event = { source: NOTIFICATION_SOURCE, type: NOTIFICATION_TYPE };
    return busRule(this, id, { eventBus: this.eventBus, ...event }, options);
  }

  /**
   * Publishes events of a bus on topics, so that clients hear of what other services tell:
   * `bridge('Orders', { eventPattern: { source: ['shop.orders'] }, topics: ['Orders'] })`. Each event becomes
   * one notification, however often it comes; what cannot be published waits in the queue's dead letters.
   *
   * Throws a `Mistake` for a bridge that could not work.
   */
  bridge(id: string, props: BridgeProps): Rule {
    const queue = this.queues.work['bridged-events'];
    return bridgeRule(this, id, queue, { ...props, eventBus: props.eventBus ?? this.eventBus });
  }

  private onLifecycle(type: LifecycleType, id: string, options: OnEventOptions): Rule {
    return busRule(this, id, { eventBus: this.eventBus, source: LIFECYCLE_SOURCE, type }, options);
  }
}

/** A scope goes from door to door as one word. */
function demandTopicRule({ topics, scope }: TopicRule): void {
  if (!isTopicPattern(topics)) {
    throw new Mistake(
      `"${topics}" is no pattern of topics: segments of a topic, "*", "{sub}" or "{tenant}", parted by "/", "**" at the end at most, and none below "user/".`,
    );
  }
  if (scope !== undefined && !/^\S+$/.test(scope)) {
    throw new Mistake(`"${scope}" is no scope: it is one word.`);
  }
}
