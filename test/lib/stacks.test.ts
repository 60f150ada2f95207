import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { lifecycleDetail, notificationDetail } from '../../contract/events.ts';
import { type FunctionSpec, functions, queues } from '../../contract/functions.ts';
import { httpOperations } from '../../contract/http.ts';
import { PASSWORD_LEAST_CHARACTERS, TOPIC_RULES_CHARACTERS } from '../../contract/limits.ts';
import { INVITATION_ATTRIBUTE } from '../../contract/names.ts';
import { tables } from '../../contract/tables.ts';
import { keysOf } from '../../lib/records.ts';
import { synthesize } from './templates.ts';

let app: Awaited<ReturnType<typeof synthesize>>;
beforeAll(async () => {
  app = await synthesize();
}, 60_000);

/** The one resource of that type whose logical id begins like this. */
function resource(template: Template, type: string, prefix: string) {
  const found = Object.entries(template.findResources(type)).filter(([id]) =>
    new RegExp(`^${prefix}[0-9A-F]{8}$`).test(id),
  );
  expect(found, `${type} ${prefix}`).toHaveLength(1);
  return found[0]?.[1] as { Properties: Record<string, never> };
}

const pascal = (name: string) =>
  name.replaceAll(/(^|-)(\w)/g, (_, _dash: string, letter: string) => letter.toUpperCase());

const allTemplates = () => [
  app.state,
  app.service,
  app.petStore,
  app.ephemera,
  app.warehouse,
  app.tournament,
];
const everyResource = (type: string) =>
  allTemplates().flatMap((template) => Object.entries(template.findResources(type)));

describe('stacks', () => {
  it('[S0-11] depend on each other in one direction, Switchboard on nothing but its own state', () => {
    const needs = app.assembly.stacks.map(({ id, dependencies }) => [
      id,
      dependencies.map((other) => other.id).filter((other) => !other.endsWith('.assets')),
    ]);
    expect(Object.fromEntries(needs)).toEqual({
      SwitchboardState: [],
      SwitchboardService: ['SwitchboardState'],
      SwitchboardPetStore: ['SwitchboardState', 'SwitchboardService'],
      SwitchboardEphemera: ['SwitchboardState', 'SwitchboardService'],
      SwitchboardTournament: ['SwitchboardService'],
      SwitchboardWarehouse: ['SwitchboardState'],
    });
  });

  it('tell their addresses and names by their documented outputs', () => {
    const outputs = (template: Template) =>
      Object.keys(template.findOutputs('*')).filter((name) => !name.startsWith('ExportsOutput'));
    expect(outputs(app.state)).toEqual([
      'UserPoolId',
      'UserPoolClientId',
      'EventBusName',
      'ConnectionsTableName',
      'SessionsTableName',
      'SubscriptionsTableName',
      'NotificationsTableName',
      'InvitationsTableName',
      'ThrottlesTableName',
      'TicketsTableName',
      'AuditTableName',
      'BroadcastsTableName',
      'MessagesTableName',
    ]);
    expect(outputs(app.service)).toEqual([
      'DeploymentName',
      'WebSocketUrl',
      'HttpUrl',
      'DashboardName',
      'RetentionSeconds',
      'JournalLogGroups',
      'OtherLogGroups',
      'FunctionNames',
      'GenerateInvitationFunctionName',
      'DropConnectionFunctionName',
      'RevokeFunctionName',
      'BroadcastEventFunctionName',
      'CheckSessionFunctionName',
      'ConnectionManagerFunctionName',
    ]);
    expect(outputs(app.petStore)).toEqual(['PetsTableName']);
    expect(outputs(app.ephemera)).toEqual(['HealOnlineFunctionName']);
    expect(outputs(app.warehouse)).toEqual(['CountsTableName']);
    expect(outputs(app.tournament)).toEqual(['TournamentsTableName', 'AssignmentStateMachineArn']);
  });

  it('go without a trace in development', () => {
    for (const type of [
      'AWS::DynamoDB::Table',
      'AWS::Cognito::UserPool',
      'AWS::Events::EventBus',
    ]) {
      for (const [id, { DeletionPolicy }] of everyResource(type)) {
        expect(DeletionPolicy, id).toBe('Delete');
      }
    }
  });
});

describe('tables', () => {
  it.each(keysOf(tables))('%s has the keys, indexes, TTL and stream of the contract', (name) => {
    const { Properties } = resource(
      app.state,
      'AWS::DynamoDB::Table',
      `Switchboard${pascal(name)}`,
    );
    const layout = tables[name];
    const keys = (partition: { name: string }, sort?: { name: string }) => [
      { AttributeName: partition.name, KeyType: 'HASH' },
      ...(sort ? [{ AttributeName: sort.name, KeyType: 'RANGE' }] : []),
    ];
    const indexes = (kind: 'globalIndexes' | 'localIndexes') =>
      kind in layout
        ? Object.entries(Object(layout)[kind]).map(([IndexName, index]) => ({
            IndexName,
            KeySchema: keys(Object(index).partition, Object(index).sort),
            Projection: { ProjectionType: Object(index).projection },
          }))
        : undefined;
    expect(Properties).toEqual({
      AttributeDefinitions: expect.any(Array),
      KeySchema: keys(layout.partition, 'sort' in layout ? layout.sort : undefined),
      GlobalSecondaryIndexes: indexes('globalIndexes'),
      LocalSecondaryIndexes: indexes('localIndexes'),
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      StreamSpecification: 'stream' in layout ? { StreamViewType: layout.stream } : undefined,
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: false,
    });
  });

  it('of pets are kept by tenant, recoverable and encrypted', () => {
    app.petStore.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [
        { AttributeName: 'tenant', KeyType: 'HASH' },
        { AttributeName: 'petId', KeyType: 'RANGE' },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    });
  });
});

describe('users', () => {
  it('cannot sign themselves up past the invitations', () => {
    app.state.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    });
  });

  it('carry the invitation that they came by, which nobody can change', () => {
    app.state.hasResourceProperties('AWS::Cognito::UserPool', {
      Schema: [{ AttributeDataType: 'String', Mutable: false, Name: INVITATION_ATTRIBUTE }],
    });
  });

  it('[S3-10] may be given the scope for direct messages, by a group that nobody is in', () => {
    app.state.hasResourceProperties('AWS::Cognito::UserPoolGroup', {
      GroupName: 'scope:switchboard/messages',
      UserPoolId: { Ref: Match.stringLikeRegexp('UserPool') },
    });
    expect(everyResource('AWS::Cognito::UserPoolUserToGroupAttachment')).toEqual([]);
  });

  it('have passwords worth having', () => {
    app.state.hasResourceProperties('AWS::Cognito::UserPool', {
      Policies: {
        PasswordPolicy: {
          MinimumLength: PASSWORD_LEAST_CHARACTERS,
          RequireLowercase: true,
          RequireUppercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
        },
      },
    });
    expect(PASSWORD_LEAST_CHARACTERS).toBeGreaterThanOrEqual(12);
  });

  it('sign in by password, for an hour, revocably, and without telling who exists', () => {
    app.state.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      AllowedOAuthFlowsUserPoolClient: false,
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      AccessTokenValidity: 60,
      GenerateSecret: Match.absent(),
    });
  });
});

describe('functions', () => {
  it('are Node 24 on arm64 with JSON logs that end, and none reserves concurrency', () => {
    const all = everyResource('AWS::Lambda::Function');
    expect(all).toHaveLength(keysOf(functions).length + 3 + 3 + 1 + 5);
    for (const [id, { Properties }] of all) {
      expect(Properties, id).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.stringContaining('Log') } },
      });
      expect(Properties, id).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    for (const [id, { Properties }] of everyResource('AWS::Logs::LogGroup')) {
      expect(Properties.RetentionInDays, id).toBe(30);
    }
  });

  it('have a role and a log each of its own', () => {
    const all = everyResource('AWS::Lambda::Function').map(([, { Properties }]) => Properties);
    const roles = new Set(all.map(({ Role }) => Role['Fn::GetAtt'][0]));
    const logs = new Set(all.map(({ LoggingConfig }) => LoggingConfig.LogGroup.Ref));
    expect([roles.size, logs.size]).toEqual([all.length, all.length]);
  });

  it.each(keysOf(functions))('%s has the time, memory and environment that it declares', (name) => {
    const { Properties } = resource(
      app.service,
      'AWS::Lambda::Function',
      `Switchboard${pascal(name)}Function`,
    );
    const spec: FunctionSpec = functions[name];
    const shout = (part: string) => part.replaceAll('-', '_').toUpperCase();
    const variables = [
      ...['DOOR', 'GRACE_SECONDS', 'RETENTION_SECONDS', 'EPOCH', 'EXPRESS', 'TOPICS'],
      'DEPLOYMENT_NAME',
      ...['SESSIONS_PER_USER', 'CONNECTIONS_PER_SESSION'],
      ...['MESSAGES_PER_CONNECTION', 'MESSAGES_PER_USER'],
      ...(spec.isDoor
        ? ['ALLOWED_ADDRESSES', 'DENIED_ADDRESSES', 'ALLOWED_ORIGINS', 'CONNECTS_PER_ADDRESS']
        : []),
      ...Object.keys(spec.tables).map((table) => `${shout(table)}_TABLE_NAME`),
      ...(spec.sends ?? []).map((queue) => `${shout(queue)}_QUEUE_URL`),
      ...(spec.sockets ? ['SOCKETS_ENDPOINT'] : []),
      ...(spec.refersToHttp ? ['HTTP_URL'] : []),
      ...(spec.redrives ? ['PARKED_QUEUES'] : []),
      ...(spec.readsJournal ? ['JOURNAL_LOG_PREFIX'] : []),
      ...(spec.putsEvents ? ['EVENT_BUS_NAME'] : []),
      ...(spec.knowsUserPool ? ['USER_POOL_ID', 'USER_POOL_CLIENT_ID'] : []),
    ];
    expect(Properties).toMatchObject({ Timeout: spec.timeoutSeconds, MemorySize: spec.memoryMb });
    expect(Object.keys(Object(Properties).Environment.Variables).sort()).toEqual(variables.sort());
  });
});

describe('the WebSocket API', () => {
  it('[S4-06] has the stage prod, with both throttle limits, and answers only on $default', () => {
    app.service.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.action',
    });
    app.service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: 'prod',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 5000, ThrottlingBurstLimit: 2500 },
      AccessLogSettings: Match.absent(),
    });
    const answering = Object.values(app.service.findResources('AWS::ApiGatewayV2::Route'))
      .filter(({ Properties }) => Properties.RouteKey.startsWith('$'))
      .map(({ Properties }) => [Properties.RouteKey, Properties.RouteResponseSelectionExpression]);
    expect(Object.fromEntries(answering)).toEqual({
      $connect: undefined,
      $disconnect: undefined,
      $default: '$default',
    });
    app.service.hasResourceProperties('AWS::ApiGatewayV2::RouteResponse', {
      RouteResponseKey: '$default',
    });
  });
});

describe('the HTTP API', () => {
  it('[S0-14] asks for an access token on every route but the anonymous ones, which ask for none', () => {
    const routes = everyResource('AWS::ApiGatewayV2::Route')
      .map(([, { Properties }]) => Properties)
      .filter(({ RouteKey }) => !RouteKey.startsWith('$'));
    const admitting = (type: string) =>
      routes
        .filter(({ AuthorizationType }) => AuthorizationType === type)
        .map(({ RouteKey }) => RouteKey);
    expect(admitting('JWT')).toEqual([
      'POST /readNotifications',
      'GET /payload',
      'POST /messages',
      'GET /messages/{messageId}',
      'GET /pets',
      'GET /pets/{petId}',
      'PUT /pets/{petId}',
      'GET /online',
      'POST /tournaments/{tournamentId}/assignment',
    ]);
    const anonymous = Object.values(httpOperations).filter(({ access }) => access === 'anonymous');
    expect(admitting('NONE')).toEqual(anonymous.map(({ method, path }) => `${method} ${path}`));
    expect(routes).toHaveLength(9 + anonymous.length);
    expect(everyResource('AWS::ApiGatewayV2::Authorizer')).toHaveLength(1);
  });

  it('lets the pages of every origin in, with the headers that our clients send', () => {
    app.service.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'HTTP',
      CorsConfiguration: {
        AllowOrigins: ['*'],
        AllowHeaders: ['authorization', 'content-type', 'SessionId', 'X-Tenant', 'Idempotency-Key'],
      },
    });
  });

  it('has both throttle limits', () => {
    app.service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 5000, ThrottlingBurstLimit: 2500 },
    });
  });
});

describe('queues', () => {
  it('are encrypted and refuse what is not', () => {
    const all = everyResource('AWS::SQS::Queue');
    expect(everyResource('AWS::SQS::QueuePolicy')).toHaveLength(all.length);
    for (const [id, { Properties }] of all) {
      expect(Properties.SqsManagedSseEnabled, id).toBe(true);
    }
  });

  it.each(keysOf(queues))(
    '%s waits, is patient with its function, and puts aside what fails',
    (name) => {
      const { consumer, delaySeconds } = queues[name];
      const { Properties } = resource(
        app.service,
        'AWS::SQS::Queue',
        `SwitchboardQueues${pascal(name)}`,
      );
      expect(Properties).toMatchObject({
        DelaySeconds: delaySeconds,
        RedrivePolicy: { deadLetterTargetArn: expect.anything(), maxReceiveCount: 5 },
      });
      expect(Number(Properties.VisibilityTimeout)).toBeGreaterThanOrEqual(
        6 * functions[consumer].timeoutSeconds,
      );
      const mapping = resource(
        app.service,
        'AWS::Lambda::EventSourceMapping',
        `Switchboard${pascal(consumer)}FunctionQueue`,
      );
      expect(mapping.Properties).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 10 },
      });
    },
  );
});

describe('streams', () => {
  it.each([
    ['FanOut', 'Notifications', 'ParkedNotifications'],
    ['NotificationBridge', 'Notifications', 'NotificationBridgeFailures'],
    ['SessionStream', 'Sessions', 'SessionStreamFailures'],
  ])('%s follows %s from the beginning, and what it gives up on is in %s', (name, table, queue) => {
    const { Properties } = resource(
      app.service,
      'AWS::Lambda::EventSourceMapping',
      `Switchboard${name}FunctionStream`,
    );
    expect(Properties).toMatchObject({
      EventSourceArn: { 'Fn::ImportValue': expect.stringContaining(table) },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::GetAtt': [expect.stringContaining(queue), 'Arn'] },
        },
      },
    });
    expect(Number(Properties.MaximumRecordAgeInSeconds)).toBeLessThan(24 * 3600);
  });
});

describe('the bus', () => {
  it('keeps what it is told for thirty days', () => {
    app.state.hasResourceProperties('AWS::Events::Archive', {
      EventPattern: { source: ['mtw.connections', 'mtw.notifications'] },
      RetentionDays: 30,
      SourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('SwitchboardEventBus'), 'Arn'] },
    });
  });

  it.each([
    ['mtw.connections@SessionConnect', lifecycleDetail],
    ['mtw.connections@SessionDisconnect', lifecycleDetail],
    ['mtw.connections@PlayerConnect', lifecycleDetail],
    ['mtw.connections@PlayerDisconnect', lifecycleDetail],
    ['mtw.notifications@Notification', notificationDetail],
  ])('has the schema %s, of every field and no more', (SchemaName, { shape }) => {
    const found = Object.values(
      app.state.findResources('AWS::EventSchemas::Schema', {
        Properties: { SchemaName, Type: 'JSONSchemaDraft4' },
      }),
    );
    expect(found).toHaveLength(1);
    const { detail, source } = JSON.parse(found[0]?.Properties.Content).properties;
    expect(source.enum).toEqual([SchemaName.split('@')[0]]);
    expect(Object.keys(detail.properties)).toEqual(Object.keys(shape));
    expect(detail.required).toEqual(
      Object.entries(shape).flatMap(([name, field]) =>
        z.safeParse(field, undefined).success ? [] : [name],
      ),
    );
    // Details may gain fields without breaking anybody.
    expect(detail).not.toHaveProperty('additionalProperties');
  });

  it('[S0-08] [S1-12] is followed by rules of the consumers’ own stacks, which lose nothing', () => {
    const rulesOf = (template: Template) =>
      Object.values(template.findResources('AWS::Events::Rule'))
        .map(({ Properties }) => Properties)
        .filter(({ EventPattern }) => EventPattern);
    const types = (template: Template) =>
      rulesOf(template).map(({ EventPattern }) => [
        ...EventPattern.source,
        ...EventPattern['detail-type'],
      ]);
    expect(types(app.ephemera)).toEqual([
      ['mtw.connections', 'Player Connect'],
      ['mtw.connections', 'Player Disconnect'],
      ['mtw.connections', 'Session Connect'],
      ['mtw.connections', 'Session Disconnect'],
    ]);
    expect(types(app.warehouse)).toEqual([['mtw.notifications', 'Notification']]);
    for (const { Targets, EventBusName } of [...rulesOf(app.ephemera), ...rulesOf(app.warehouse)]) {
      expect(JSON.stringify(EventBusName)).toContain('SwitchboardEventBus');
      expect(Targets).toHaveLength(1);
      expect(Targets[0].DeadLetterConfig).toBeDefined();
    }
  });
});

it('[S2-05] the clean-up runs every hour, with the input of its document', () => {
  app.service.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 hour)',
    Targets: [
      {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('ConnectionManagerFunction'), 'Arn'] },
        Input: '{"action":"cleanup_stale_connections"}',
      },
    ],
  });
});

it('the connection manager has the name that its document calls it by', () => {
  const named = app.service.findResources('AWS::Lambda::Function', {
    Properties: { FunctionName: Match.anyValue() },
  });
  expect(Object.values(named).map(({ Properties }) => Properties.FunctionName)).toEqual([
    'connection-manager',
  ]);
});

it('the sweep runs every minute', () => {
  app.service.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('SweepFunction'), 'Arn'] } }],
  });
});

it('no function is told more than the 4 KB that Lambda keeps for it, whatever AWS calls our resources', () => {
  const { Resources } = app.service.toJSON();
  /** A name of CloudFormation's making: stack, logical id and twelve letters; for a URL of a queue, its host before it. */
  const resolve = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const [[intrinsic = '', of] = []] = Object.entries(value as Record<string, unknown>);
    if (intrinsic === 'Fn::Join') return (of as [string, unknown[]])[1].map(resolve).join('');
    const named = String(intrinsic === 'Fn::GetAtt' ? (of as string[])[0] : of);
    // What another stack exports is a name of its own.
    const id = named.replace(/^.*:ExportsOutput(Ref|FnGetAtt)/, '');
    const name = `SwitchboardService-${id}-${'x'.repeat(12)}`;
    const isUrl = intrinsic === 'Ref' && Resources[of as string]?.Type === 'AWS::SQS::Queue';
    return isUrl ? `https://sqs.ap-southeast-1.amazonaws.com/123456789012/${name}` : name;
  };
  for (const [id, { Properties }] of Object.entries(
    app.service.findResources('AWS::Lambda::Function'),
  )) {
    const variables = Object.entries(Properties.Environment?.Variables ?? {});
    const bytes = variables.reduce(
      (sum, [key, value]) => sum + key.length + resolve(value).length,
      0,
    );
    const rules = resolve(Properties.Environment?.Variables.TOPICS ?? '').length;
    // Room for the longest rules, and for a stack of a longer name.
    expect(bytes - rules + TOPIC_RULES_CHARACTERS, id).toBeLessThan(4000);
  }
});
