import {
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib';
import { HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { Verb } from '../../contract/functions.ts';
import { BundledFunction } from '../../lib/constructs/bundled-function.ts';
import { EventInbox } from '../../lib/constructs/event-inbox.ts';
import { type Right, tableRights } from '../../lib/constructs/right.ts';
import type { Switchboard } from '../../lib/constructs/switchboard.ts';
import { ONLINE_TOPIC, operations } from './operations.ts';
import { ONLINE_TABLE_VARIABLE, type OnlineRow } from './rows.ts';

const sources = {
  FollowPresence: 'sample/ephemera/follow-presence',
  ListOnline: 'sample/ephemera/list-online',
  HealOnline: 'sample/ephemera/heal-online',
} as const;

/** For `bundle`, which comes before the stack. */
export const ephemeraEntries = Object.values(sources);

const TIMEOUT_SECONDS = 30;

export interface EphemeraStackProps extends StackProps {
  readonly switchboard: Switchboard;
}

/**
 * [S0-08] [S0-12] Who is online: the example of a service that follows the lifecycle events, and heals
 * from the published rows. All that it keeps can be made anew from those, so it goes with its stack.
 */
export class EphemeraStack extends Stack {
  private readonly online: Table;

  constructor(scope: Construct, id: string, { switchboard, ...props }: EphemeraStackProps) {
    super(scope, id, props);
    this.online = new Table(this, 'Online', {
      partitionKey: key('tenant'),
      sortKey: key('who'),
      timeToLiveAttribute: 'ttl' satisfies keyof OnlineRow,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.follow(switchboard);
    this.list(switchboard);
    this.heal(switchboard);
  }

  private follow(switchboard: Switchboard): void {
    const inbox = new EventInbox(this, 'Inbox', { consumerSeconds: TIMEOUT_SECONDS });
    const options = { target: inbox.target, crossStackScope: this };
    switchboard.onPlayerConnect('PlayerConnect', options);
    switchboard.onPlayerDisconnect('PlayerDisconnect', options);
    switchboard.onSessionConnect('SessionConnect', options);
    switchboard.onSessionDisconnect('SessionDisconnect', options);
    const followPresence = this.onlineFunction('FollowPresence', ['put'], inbox.right);
    switchboard.grantPublish(followPresence);
    switchboard.allowTopics(ONLINE_TOPIC);
    inbox.feed(followPresence);
  }

  private list({ httpApi, authorizer }: Switchboard): void {
    const { path, method } = operations.listOnline;
    new HttpRoute(this, 'ListOnlineRoute', {
      httpApi,
      authorizer,
      routeKey: HttpRouteKey.with(path, HttpMethod[method]),
      integration: new HttpLambdaIntegration(
        'Integration',
        this.onlineFunction('ListOnline', ['query']),
      ),
    });
  }

  private heal(switchboard: Switchboard): void {
    const healOnline = this.onlineFunction('HealOnline', ['query', 'put']);
    switchboard.grantReadSessions(healOnline, ['scan']);
    switchboard.grantPublish(healOnline);
    const healing = new Rule(this, 'HealSchedule', {
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new LambdaFunction(healOnline)],
    });
    Validations.of(healing).acknowledge({
      id: 'Serverless-EventBusDLQ',
      reason: 'A tick that was lost is nothing to keep: the next one does all of its work.',
    });
    new CfnOutput(this, 'HealOnlineFunctionName', { value: healOnline.functionName });
  }

  /** A function that knows the sample's table, and may do exactly this to it. */
  private onlineFunction(
    id: keyof typeof sources,
    verbs: readonly Verb[],
    ...rights: readonly Right[]
  ): BundledFunction {
    return new BundledFunction(this, id, {
      entry: sources[id],
      description: `Switchboard's sample of who is online: ${id}.`,
      timeoutSeconds: TIMEOUT_SECONDS,
      memoryMb: 512,
      environment: { [ONLINE_TABLE_VARIABLE]: this.online.tableName },
      rights: [...tableRights(this.online.tableArn, verbs), ...rights],
    });
  }
}

const key = (name: keyof OnlineRow): Attribute => ({ name, type: AttributeType.STRING });
