import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FunctionName, functions } from '../../contract/functions.ts';
import { tables } from '../../contract/tables.ts';
import { Switchboard } from '../../lib/constructs/switchboard.ts';
import { SwitchboardState } from '../../lib/constructs/switchboard-state.ts';
import { pascalCase } from '../../lib/pascal-case.ts';
import { keysOf } from '../../lib/records.ts';
import { cdkContext, synthesize } from './templates.ts';

/** [S3-12] What is at rest, and by which key. */

type Synthesized = Awaited<ReturnType<typeof synthesize>>;
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const READING = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITING = [
  ...READING,
  ...['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
  ...['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
];

const propertiesOf = (template: Template, type: string): Record<string, unknown>[] =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

/** What the role of a function may ask of KMS: actions, and about which key. */
function keyRightsOf(template: Template, role: string) {
  const statements = propertiesOf(template, 'AWS::IAM::Policy')
    .filter(({ Roles }) => JSON.stringify(Roles).includes(role))
    .flatMap(({ PolicyDocument }) => Object(PolicyDocument).Statement)
    .map(({ Action, Resource }) => ({ actions: [Action].flat(), Resource }))
    .filter(({ actions }) => actions.some((action: string) => action.startsWith('kms:')));
  return {
    actions: [...new Set(statements.flatMap(({ actions }) => actions))].sort(),
    resources: [...new Set(statements.map(({ Resource }) => JSON.stringify(Resource)))],
  };
}
const roleOf = (name: FunctionName) => `Switchboard${pascalCase(name)}FunctionRole`;

describe('where nothing is chosen', () => {
  let app: Synthesized;
  beforeAll(async () => {
    app = await synthesize();
  }, 60_000);

  it('[S3-12] AWS’s own keys encrypt tables and queues, and no function asks KMS', () => {
    app.state.resourceCountIs('AWS::KMS::Key', 0);
    for (const { SSESpecification } of propertiesOf(app.state, 'AWS::DynamoDB::Table')) {
      expect(SSESpecification).toEqual({ SSEEnabled: true });
    }
    for (const queue of propertiesOf(app.service, 'AWS::SQS::Queue')) {
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true });
    }
    for (const name of keysOf(functions)) {
      expect(keyRightsOf(app.service, roleOf(name)).actions, name).toEqual([]);
    }
  });
});

describe('with a key of its own', () => {
  let app: Synthesized;
  beforeAll(async () => {
    app = await synthesize({ encryptionKey: 'own', environment: 'production', accessLogs: true });
  }, 60_000);
  const exported = expect.objectContaining({
    'Fn::ImportValue': expect.stringContaining('EncryptionKey'),
  });

  it('[S3-12] makes one that KMS changes each year, and that outlives its stack as the tables do', () => {
    app.state.resourceCountIs('AWS::KMS::Key', 1);
    app.state.allResources('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    app.state.allResourcesProperties('AWS::KMS::Key', { EnableKeyRotation: true });
  });

  it('[S3-12] encrypts every table, queue and log', () => {
    const tablesMade = propertiesOf(app.state, 'AWS::DynamoDB::Table');
    expect(tablesMade).toHaveLength(keysOf(tables).length);
    for (const { SSESpecification } of tablesMade) {
      expect(SSESpecification).toMatchObject({
        SSEType: 'KMS',
        KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringContaining('EncryptionKey'), 'Arn'] },
      });
    }
    const queues = propertiesOf(app.service, 'AWS::SQS::Queue');
    expect(queues.length).toBeGreaterThan(10);
    for (const queue of queues) expect(queue).toMatchObject({ KmsMasterKeyId: exported });
    const logs = propertiesOf(app.service, 'AWS::Logs::LogGroup');
    expect(logs).toHaveLength(keysOf(functions).length + 2);
    for (const log of logs) expect(log).toMatchObject({ KmsKeyId: exported });
  });

  it('[S3-12] admits by its policy CloudWatch for logs of this account, and EventBridge', () => {
    const [{ KeyPolicy } = {}] = propertiesOf(app.state, 'AWS::KMS::Key');
    const byService = Object(KeyPolicy).Statement.filter((each: object) =>
      JSON.stringify(each).includes('"Service"'),
    );
    expect(byService).toMatchObject([
      {
        Effect: 'Allow',
        Principal: {
          Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
        },
        Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': expect.anything() } },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    expect(JSON.stringify(byService[0].Condition)).toContain(':log-group:*');
  });

  it.each<[FunctionName, readonly string[]]>([
    ['read-notifications', READING],
    ['read-message', READING],
    ['parked-events', READING],
    ['connect', WRITING],
    ['ticket-door', WRITING],
    ['fan-out', WRITING],
    ['session-stream', WRITING],
    ['notification-bridge', WRITING],
    ['sub-protocol-door', []],
  ])('[S3-12] %s may ask of this key exactly %j', (name, actions) => {
    const rights = keyRightsOf(app.service, roleOf(name));
    expect(rights.actions).toEqual([...actions].sort());
    expect(rights.resources).toHaveLength(actions.length > 0 ? 1 : 0);
    for (const resource of rights.resources) expect(resource).toContain('EncryptionKey');
  });

  it('[S3-12] so may whoever was given `grantPublish` or `grantReadSessions`', () => {
    expect(keyRightsOf(app.petStore, 'UpdatePet').actions).toEqual(WRITING.toSorted());
    expect(keyRightsOf(app.petStore, 'GetPet').actions).toEqual([]);
    expect(keyRightsOf(app.ephemera, 'HealOnline').actions).toEqual(WRITING.toSorted());
  });
});

it('[S3-12] a key that is there already is used by its ARN, and none is made', async () => {
  const { state, service } = await synthesize({ encryptionKey: KEY });
  state.resourceCountIs('AWS::KMS::Key', 0);
  for (const { SSESpecification } of propertiesOf(state, 'AWS::DynamoDB::Table')) {
    expect(SSESpecification).toMatchObject({ KMSMasterKeyId: KEY });
  }
  for (const queue of propertiesOf(service, 'AWS::SQS::Queue')) {
    expect(queue).toMatchObject({ KmsMasterKeyId: KEY });
  }
  expect(keyRightsOf(service, roleOf('connect'))).toEqual({
    actions: WRITING.toSorted(),
    resources: [JSON.stringify(KEY)],
  });
}, 60_000);

it('[S3-12] a bridge in another stack than the key is admitted by it, and nothing refers in a circle', () => {
  const app = new App({ context: { ...cdkContext } });
  const kept = new Stack(app, 'Kept');
  const run = new Stack(app, 'Run');
  const state = new SwitchboardState(kept, 'State', { encryptionKey: 'own' });
  const switchboard = new Switchboard(run, 'Realtime', { state });
  switchboard.bridge('Orders', { eventPattern: { source: ['shop.orders'] }, topics: ['Orders'] });
  Template.fromStack(run).resourceCountIs('AWS::KMS::Key', 0);
  const [{ KeyPolicy } = {}] = propertiesOf(Template.fromStack(kept), 'AWS::KMS::Key');
  const ofEvents = Object(KeyPolicy).Statement.filter((each: object) =>
    JSON.stringify(each).includes('events.amazonaws.com'),
  );
  expect(ofEvents.length).toBeGreaterThan(0);
  for (const { Condition } of ofEvents) expect(Condition).toHaveProperty('StringEquals');
});
