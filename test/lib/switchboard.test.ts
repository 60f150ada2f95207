import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { functions } from '../../contract/functions.ts';
import { tables } from '../../contract/tables.ts';
import { bundle } from '../../lib/bundle.ts';
import { Switchboard } from '../../lib/constructs/switchboard.ts';
import { functionEntry } from '../../lib/function-entry.ts';
import { keysOf } from '../../lib/records.ts';
import { cdkContext } from './templates.ts';

let template: Template;
let others: Template;
let switchboard: Switchboard;
let sizes: ReadonlyMap<string, number>;

/** Somebody else's app, with everything in one stack and nothing chosen. */
beforeAll(async () => {
  sizes = await bundle(keysOf(functions).map(functionEntry));
  const app = new App({ context: { ...cdkContext } });
  const stack = new Stack(app, 'Shop');
  switchboard = new Switchboard(stack, 'Realtime', { door: undefined });
  const own = (id: string) =>
    new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = async () => {};'),
    });
  switchboard.grantPublish(own('Publisher'));
  switchboard.grantManageConnections(own('Closer'));
  switchboard.grantConnect(own('Knocker'));
  switchboard.grantReadSessions(own('Reader'), ['get', 'query']);
  switchboard.grantInvoke(own('Dropper'), 'drop-connection');
  const target = new SqsQueue(new Queue(stack, 'Inbox'));
  switchboard.onPlayerConnect('Comes', { target });
  switchboard.onPlayerDisconnect('Goes', {
    target,
    ruleName: 'goes',
    description: 'Somebody left.',
  });
  switchboard.onSessionConnect('Begins', {
    target,
    eventPattern: { detail: { tenant: ['acme'] } },
  });
  const other = new Stack(app, 'Other');
  const elsewhere = new SqsQueue(new Queue(other, 'Inbox'));
  switchboard.onSessionDisconnect('Ends', { target: elsewhere, crossStackScope: other });
  switchboard.onNotification('Tells');
  template = Template.fromStack(stack);
  others = Template.fromStack(other);
}, 60_000);

const rightsOf = (role: string) =>
  Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => Properties.Roles[0].Ref.startsWith(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

describe('the construct in an app of somebody else', () => {
  it('makes state of its own, which stays when the stack goes', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', keysOf(tables).length);
    template.allResources('AWS::DynamoDB::Table', Match.objectLike({ DeletionPolicy: 'Retain' }));
  });

  it('lets no page of another origin in unless told so', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'HTTP',
      CorsConfiguration: Match.absent(),
    });
  });

  it('[S1-14] grantPublish gives one right and what publishing asks for', () => {
    const table = expect.stringContaining('RealtimeStateNotifications');
    expect(rightsOf('PublisherServiceRole')).toEqual([
      {
        Effect: 'Allow',
        Action: 'dynamodb:PutItem',
        Resource: { 'Fn::GetAtt': [table, 'Arn'] },
      },
    ]);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          NOTIFICATIONS_TABLE_NAME: { Ref: Match.stringLikeRegexp('RealtimeStateNotifications') },
          RETENTION_SECONDS: '21600',
          EXPRESS: 'off',
          EXPRESS_QUEUE_URL: Match.absent(),
        },
      },
      Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('Publisher'), 'Arn'] },
    });
  });

  it('grantManageConnections gives the three calls on this API and stage', () => {
    const [statement, ...others] = rightsOf('CloserServiceRole');
    expect(others).toEqual([]);
    expect(statement.Action).toBe('execute-api:ManageConnections');
    expect(
      statement.Resource.map(
        (arn: object) => /\w+\/@connections\/\*/.exec(JSON.stringify(arn))?.[0],
      ),
    ).toEqual(['DELETE/@connections/*', 'GET/@connections/*', 'POST/@connections/*']);
  });

  it('grantConnect gives the handshake of this API and stage, and nothing else', () => {
    const [statement, ...others] = rightsOf('KnockerServiceRole');
    expect(others).toEqual([]);
    expect(statement.Action).toBe('execute-api:Invoke');
    expect(JSON.stringify(statement.Resource)).toMatch(/\/prod\/\$connect"\]\]\}$/);
  });

  it('[S0-12] grantReadSessions gives exactly the verbs that it was asked for', () => {
    const table = expect.stringContaining('RealtimeStateSessions');
    expect(rightsOf('ReaderServiceRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:Query'],
        Resource: { 'Fn::GetAtt': [table, 'Arn'] },
      },
    ]);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { SESSIONS_TABLE_NAME: { Ref: Match.stringLikeRegexp('StateSessions') } },
      },
      Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('Reader'), 'Arn'] },
    });
  });

  it('[S0-14] grantInvoke gives the one function, and its name', () => {
    const dropConnection = expect.stringContaining('RealtimeDropConnectionFunction');
    expect(rightsOf('DropperServiceRole')).toEqual([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: { 'Fn::GetAtt': [dropConnection, 'Arn'] },
      },
    ]);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          DROP_CONNECTION_FUNCTION_NAME: { Ref: Match.stringLikeRegexp('DropConnection') },
        },
      },
    });
  });

  it.each([
    ['Comes', { source: ['mtw.connections'], 'detail-type': ['Player Connect'] }],
    ['Goes', { source: ['mtw.connections'], 'detail-type': ['Player Disconnect'] }],
    [
      'Begins',
      {
        source: ['mtw.connections'],
        'detail-type': ['Session Connect'],
        detail: { tenant: ['acme'] },
      },
    ],
    ['Tells', { source: ['mtw.notifications'], 'detail-type': ['Notification'] }],
  ])('[S0-08] %s: a rule on its own bus, for that kind of event', (id, EventPattern) => {
    const rules = Object.entries(template.findResources('AWS::Events::Rule')).filter(([key]) =>
      key.startsWith(`Realtime${id}`),
    );
    expect(rules.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({
        EventPattern,
        EventBusName: { Ref: expect.stringContaining('RealtimeStateEventBus') },
      }),
    ]);
  });

  it('a rule stands in the stack of its target where one is named', () => {
    const isForEnds = { EventPattern: { 'detail-type': ['Session Disconnect'] } };
    template.resourcePropertiesCountIs('AWS::Events::Rule', isForEnds, 0);
    others.resourcePropertiesCountIs('AWS::Events::Rule', isForEnds, 1);
  });

  it('takes a prop that is undefined as one that was not given', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DOOR: 'message' } },
    });
  });

  it('carries less than 800 KB of code in each function', () => {
    for (const [entry, bytes] of sizes) expect(bytes, entry).toBeLessThan(800 * 1024);
  });

  it('shows its parts', () => {
    expect(keysOf(switchboard.functions)).toEqual(keysOf(functions));
    expect(switchboard.tables.connections.tableName).toBeDefined();
    expect(switchboard.webSocketStage.stageName).toBe('prod');
    expect(switchboard.eventBus.eventBusName).toBeDefined();
    expect(switchboard.userPoolClient.userPoolClientId).toBeDefined();
    expect(switchboard.userPool.userPoolId).toBeDefined();
    expect(switchboard.httpApi.apiEndpoint).toBeDefined();
    expect(switchboard.webSocketApi.apiId).toBeDefined();
  });
});
