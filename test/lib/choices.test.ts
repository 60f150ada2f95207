import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { tables } from '../../contract/tables.ts';
import { keysOf } from '../../lib/records.ts';
import { synthesize } from './templates.ts';

let app: Awaited<ReturnType<typeof synthesize>>;
beforeAll(async () => {
  app = await synthesize({
    environment: 'production',
    door: 'none',
    graceSeconds: 60,
    retentionHours: 24,
    eventsKeptDays: 7,
    epoch: '2',
    express: true,
    sessionsPerUser: 5,
    connectionsPerSession: 2,
    messagesPerUser: 100,
    connectsPerAddress: 5,
    allowedAddresses: '10.0.0.0/8,::1',
    deniedAddresses: '10.1.0.0/16',
    allowedOrigins: 'https://shop.example',
    throttleRate: 100,
    throttleBurst: 50,
    logRetentionDays: 90,
    namesFunctions: false,
    accessLogs: true,
  });
}, 60_000);

describe('in production', () => {
  it.each([
    ['AWS::DynamoDB::Table', { DeletionProtectionEnabled: true }, keysOf(tables).length],
    ['AWS::Cognito::UserPool', { DeletionProtection: 'ACTIVE' }, 1],
    ['AWS::Events::EventBus', {}, 1],
    ['AWS::Events::Archive', { RetentionDays: 7 }, 1],
  ])('%s outlives its stack and refuses deletion', (type, Properties, count) => {
    const protectedBy = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Properties };
    app.state.resourceCountIs(type, count);
    app.state.allResources(type, Match.objectLike(protectedBy));
  });

  it('so do pets and counts, but not who is online, which can be made anew', () => {
    for (const template of [app.petStore, app.warehouse, app.tournament]) {
      template.allResources(
        'AWS::DynamoDB::Table',
        Match.objectLike({
          DeletionPolicy: 'Retain',
          Properties: { DeletionProtectionEnabled: true },
        }),
      );
    }
    app.ephemera.allResources(
      'AWS::DynamoDB::Table',
      Match.objectLike({ DeletionPolicy: 'Delete' }),
    );
  });

  it('the stack of the state refuses to be terminated, and the others do not', () => {
    const refusing = app.assembly.stacks.filter((stack) => stack.terminationProtection);
    expect(refusing.map(({ id }) => id)).toEqual(['SwitchboardState']);
  });
});

describe('what an operator chooses', () => {
  it('is told to every function', () => {
    app.service.allResourcesProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          DOOR: 'none',
          GRACE_SECONDS: '60',
          RETENTION_SECONDS: '86400',
          EPOCH: '2',
          EXPRESS: 'on',
          SESSIONS_PER_USER: '5',
          CONNECTIONS_PER_SESSION: '2',
          MESSAGES_PER_USER: '100',
        }),
      },
    });
  });

  it('[S3-11] whom to keep out is told to those who decide whether a socket is opened', () => {
    const variables = {
      ALLOWED_ADDRESSES: '10.0.0.0/8,::1',
      DENIED_ADDRESSES: '10.1.0.0/16',
      ALLOWED_ORIGINS: 'https://shop.example',
      CONNECTS_PER_ADDRESS: '5',
    };
    const told = Object.entries(app.service.findResources('AWS::Lambda::Function'))
      .filter(([, { Properties }]) => 'ALLOWED_ADDRESSES' in Properties.Environment.Variables)
      .map(([id, { Properties }]) => {
        expect(Properties.Environment.Variables).toMatchObject(variables);
        return /Switchboard(\w+?)Function/.exec(id)?.[1];
      });
    expect(told.sort()).toEqual(['Connect', 'Enter', 'SubProtocolDoor', 'TicketDoor']);
  });

  it('holds for publishers of other stacks too', () => {
    app.petStore.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          RETENTION_SECONDS: '86400',
          EXPRESS: 'on',
          EXPRESS_QUEUE_URL: Match.anyValue(),
        },
      },
    });
  });

  it('bounds both APIs, and writes their access logs', () => {
    app.service.resourceCountIs('AWS::ApiGatewayV2::Stage', 2);
    app.service.allResourcesProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 50 },
      AccessLogSettings: { DestinationArn: Match.anyValue() },
    });
  });

  it('leaves names to CloudFormation', () => {
    for (const { Properties } of Object.values(
      app.service.findResources('AWS::Lambda::Function'),
    )) {
      expect(Properties).not.toHaveProperty('FunctionName');
    }
  });

  it('lets in the pages that it names', () => {
    app.service.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowOrigins: ['https://shop.example'] },
    });
  });

  it('keeps every log of Switchboard as long', () => {
    app.service.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });
});
