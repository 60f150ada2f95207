// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly.ts';
import { resolveAssembly, type StagePlace } from '../../local/assembly/resolve-assembly.ts';
import { type StackFixture, writeCloudAssembly } from './fixtures/write-cloud-assembly.ts';

const place: StagePlace = {
  region: 'us-east-1',
  account: '000000000000',
  awsUrl: 'http://127.0.0.1:8790',
  apiPorts: new Map(),
};

/** An assembly directory that goes when the test ends. */
function write(stacks: readonly StackFixture[]): string {
  const directory = writeCloudAssembly(stacks);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const open = (stacks: readonly StackFixture[], at = place) =>
  resolveAssembly(readCloudAssembly(write(stacks)), at);

/** What the one stack `App` resolves this value to, beside some resources to refer to. */
function resolved(value: unknown, template: object = {}): unknown {
  const Resources = {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: { TableName: 'pets', StreamSpecification: { StreamViewType: 'NEW_IMAGE' } },
    },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
    Probe: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'probe', value } },
  };
  const assembly = open([{ name: 'App', template: { Resources, ...template } }]);
  return assembly.find('AWS::IAM::Policy', 'probe')?.properties.value;
}

const tableArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/pets';

describe('intrinsic functions', () => {
  it.each<[claim: string, value: unknown, expected: unknown]>([
    ['Ref gives a name', { Ref: 'Table' }, 'pets'],
    [
      'Ref gives a queue its local URL',
      { Ref: 'Queue' },
      'http://127.0.0.1:8790/000000000000/jobs',
    ],
    ['Ref gives the region', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Ref gives the account', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['Ref gives the partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['Ref gives the suffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['Ref gives the stack name', { Ref: 'AWS::StackName' }, 'App'],
    ['GetAtt in list form', { 'Fn::GetAtt': ['Table', 'Arn'] }, tableArn],
    ['GetAtt in text form', { 'Fn::GetAtt': 'Queue.QueueName' }, 'jobs'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }, 1]] }, 'a-pets-1'],
    [
      'Sub',
      { 'Fn::Sub': '${AWS::Region}/${Table}/${Table.Arn}/${!kept}' },
      `us-east-1/pets/${tableArn}/\${kept}`,
    ],
    [
      'Sub with variables',
      { 'Fn::Sub': ['${x}-${Table}', { x: { Ref: 'AWS::Region' } }] },
      'us-east-1-pets',
    ],
    [
      'Split and Select',
      { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::GetAtt': ['Table', 'Arn'] }] }] },
      'pets',
    ],
    ['Select takes an index in text', { 'Fn::Select': ['0', ['a', 'b']] }, 'a'],
    ['Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    ['NoValue removes a property', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['NoValue removes a list item', [1, { Ref: 'AWS::NoValue' }, 2], [1, 2]],
    [
      'other values stay as they are',
      { a: [true, 1, null], Ref: 'x', b: 2 },
      { a: [true, 1, null], Ref: 'x', b: 2 },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it('parameters give their defaults, lists as lists', () => {
    const Parameters = {
      Size: { Type: 'Number', Default: 3 },
      Names: { Type: 'CommaDelimitedList', Default: 'a, b' },
    };
    expect(resolved([{ Ref: 'Size' }, { Ref: 'Names' }], { Parameters })).toEqual([
      '3',
      ['a', 'b'],
    ]);
  });

  it('FindInMap takes keys that are themselves resolved', () => {
    const Mappings = { Sizes: { 'us-east-1': { small: 128 } } };
    const value = { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] };
    expect(resolved(value, { Mappings })).toBe(128);
  });

  it('If follows conditions built of And, Or, Not, Equals and one another', () => {
    const here = { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] };
    const Conditions = {
      Here: here,
      Away: { 'Fn::Not': [{ Condition: 'Here' }] },
      Both: { 'Fn::And': [{ Condition: 'Here' }, { Condition: 'Away' }] },
      Either: { 'Fn::Or': [{ Condition: 'Both' }, here] },
    };
    const choose = (condition: string) => ({
      'Fn::If': [condition, 'yes', { Ref: 'AWS::NoValue' }],
    });
    expect(resolved(['Here', 'Away', 'Both', 'Either'].map(choose), { Conditions })).toEqual([
      'yes',
      'yes',
    ]);
    expect(resolved(choose('Both'), { Conditions })).toBeUndefined();
  });

  it('a branch that is not taken may refer to what is not there', () => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    expect(resolved({ 'Fn::If': ['Never', { Ref: 'Gone' }, 'here'] }, { Conditions })).toBe('here');
  });
});

describe('stacks', () => {
  const table = { Type: 'AWS::DynamoDB::Table' };

  it('imports what another stack exports, whichever stands first in the manifest', () => {
    const assembly = open([
      {
        name: 'Service',
        dependsOn: ['State'],
        template: {
          Resources: {
            Policy: {
              Type: 'AWS::IAM::Policy',
              Properties: { PolicyName: 'p', arn: { 'Fn::ImportValue': 'State:Arn' } },
            },
          },
        },
      },
      {
        name: 'State',
        template: {
          Resources: { Table: table },
          Outputs: {
            Arn: {
              Value: { 'Fn::GetAtt': ['Table', 'Arn'] },
              Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Arn' } },
            },
          },
        },
      },
    ]);
    expect(assembly.resources.map(({ stack }) => stack)).toEqual(['State', 'Service']);
    const [first] = assembly.ofType('AWS::DynamoDB::Table');
    expect(assembly.find('AWS::IAM::Policy', 'p')?.properties.arn).toBe(first?.arn);
    expect(assembly.outputs).toEqual({ State: { Arn: first?.arn }, Service: {} });
  });

  it('reads an output of another stack by its name, as weak references do', () => {
    const value = { 'Fn::GetStackOutput': { StackName: 'State', OutputName: 'Name' } };
    const assembly = open([
      { name: 'State', template: { Resources: {}, Outputs: { Name: { Value: 'pets' } } } },
      { name: 'Service', template: { Outputs: { Copy: { Value: value } } } },
    ]);
    expect(assembly.outputs.Service).toEqual({ Copy: 'pets' });
  });

  it('leaves out what a false condition leaves out', () => {
    const assembly = open([
      {
        name: 'App',
        template: {
          Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
          Resources: { Table: { ...table, Condition: 'Never' }, Other: table },
          Outputs: { Gone: { Value: { Ref: 'Table' }, Condition: 'Never' } },
        },
      },
    ]);
    expect(assembly.ofType('AWS::DynamoDB::Table').map(({ logicalId }) => logicalId)).toEqual([
      'Other',
    ]);
    expect(assembly.outputs).toEqual({ App: {} });
  });

  it('takes region and account from stacks that name them', () => {
    const directory = write([
      { name: 'App', template: {}, environment: 'aws://123456789012/eu-west-1' },
    ]);
    expect(readCloudAssembly(directory)).toMatchObject({
      account: '123456789012',
      region: 'eu-west-1',
    });
  });
});

describe('names and ids', () => {
  const stacks = [
    {
      name: 'App',
      template: {
        Resources: {
          Table: { Type: 'AWS::DynamoDB::Table' },
          Fifo: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
          Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } },
          Pool: { Type: 'AWS::Cognito::UserPool' },
          Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'greet' } },
          [`Long${'x'.repeat(100)}`]: { Type: 'AWS::Lambda::Function' },
          Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'bus' } },
          Rule: {
            Type: 'AWS::Events::Rule',
            Properties: { Name: 'r', EventBusName: { 'Fn::GetAtt': ['Bus', 'Arn'] } },
          },
        },
      },
    },
  ];

  it('are the same at every start', () => {
    const ids = () => open(stacks).resources.map(({ id }) => id);
    expect(ids()).toEqual(ids());
  });

  it('have the form that AWS gives them', () => {
    const [table, fifo, api, pool, , long] = open(stacks).resources;
    expect(table?.id).toMatch(/^App-Table-[0-9a-f]{8}$/);
    expect(fifo?.id).toMatch(/\/App-Fifo-[0-9a-f]{8}\.fifo$/);
    expect(api?.id).toMatch(/^[0-9a-z]{10}$/);
    expect(pool?.id).toMatch(/^us-east-1_[0-9a-z]{9}$/);
    expect(long?.id).toMatch(/^App-Longx+-[0-9a-f]{8}$/);
    expect(long?.id).toHaveLength(64);
  });

  it('find a resource by id, ARN, bare name, and by what is below it', () => {
    const assembly = open(stacks);
    const logicalId = (type: string, name: string) => assembly.find(type, name)?.logicalId;
    const [table] = assembly.ofType('AWS::DynamoDB::Table');
    expect(logicalId('AWS::DynamoDB::Table', `${table?.arn}/stream/2026-01-01T00:00:00.000`)).toBe(
      'Table',
    );
    expect(logicalId('AWS::DynamoDB::Table', `${table?.id}`)).toBe('Table');
    expect(logicalId('AWS::Lambda::Function', 'greet')).toBe('Function');
    expect(logicalId('AWS::Lambda::Function', 'greet:$LATEST')).toBe('Function');
    const [queue] = assembly.ofType('AWS::SQS::Queue');
    expect(logicalId('AWS::SQS::Queue', queue?.id.split('/').at(-1) ?? '')).toBe('Fifo');
    expect(logicalId('AWS::SQS::Queue', `${queue?.arn}`)).toBe('Fifo');
    expect(logicalId('AWS::SQS::Queue', 'greet')).toBeUndefined();
  });

  it('name the bus in the rule of a bus of its own', () => {
    const [rule] = open(stacks).ofType('AWS::Events::Rule');
    expect(rule?.id).toBe('bus|r');
    expect(rule?.arn).toBe('arn:aws:events:us-east-1:000000000000:rule/bus/r');
  });
});

describe('hostnames', () => {
  const Api = { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } };
  const Pool = { Type: 'AWS::Cognito::UserPool' };
  const host = { 'Fn::Sub': '${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}' };
  const template = {
    Resources: {
      Api,
      Pool,
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Environment: {
            Variables: { CALLBACK: { 'Fn::Join': ['', ['https://', host, '/prod']] } },
          },
        },
      },
    },
    Outputs: {
      Url: { Value: { 'Fn::Join': ['', ['wss://', host, '/prod']] } },
      Endpoint: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } },
      Host: { Value: host },
      Foreign: { Value: 'https://abcdefghij.execute-api.us-east-1.amazonaws.com' },
      Issuer: { Value: { 'Fn::GetAtt': ['Pool', 'ProviderURL'] } },
    },
  };

  it('of hosted APIs become local, in environments and outputs; all others stay', () => {
    const stacks = [{ name: 'App', template }];
    const [api] = open(stacks).ofType('AWS::ApiGatewayV2::Api');
    const assembly = open(stacks, { ...place, apiPorts: new Map([[`${api?.id}`, 8788]]) });
    const [pool] = assembly.ofType('AWS::Cognito::UserPool');
    expect(assembly.outputs.App).toEqual({
      Url: 'ws://127.0.0.1:8788/prod',
      Endpoint: 'ws://127.0.0.1:8788',
      Host: '127.0.0.1:8788',
      Foreign: 'https://abcdefghij.execute-api.us-east-1.amazonaws.com',
      Issuer: `https://cognito-idp.us-east-1.amazonaws.com/${pool?.id}`,
    });
    const [greet] = assembly.ofType('AWS::Lambda::Function');
    expect(greet?.properties.Environment).toEqual({
      Variables: { CALLBACK: 'http://127.0.0.1:8788/prod' },
    });
  });
});

describe('assets', () => {
  it('are found by the object key that the template names', () => {
    const directory = write([
      { name: 'App', template: {}, assets: { 'abc.zip': { 'index.mjs': '' } } },
    ]);
    const assembly = resolveAssembly(readCloudAssembly(directory), place);
    expect(assembly.assetPath('abc.zip')).toBe(join(directory, 'asset.abc'));
    expect(() => assembly.assetPath('other.zip')).toThrow(
      `The assembly in ${directory} has no asset other.zip: remove the folder and synthesize again.`,
    );
  });
});

describe('refusals are one sentence with the place and the cure', () => {
  const Bucket = { Type: 'AWS::S3::Bucket', Metadata: { 'aws:cdk:path': 'App/Bucket/Resource' } };

  it.each<[claim: string, run: () => unknown, sentence: string]>([
    [
      'an unknown type',
      () => open([{ name: 'App', template: { Resources: { Bucket1: Bucket } } }]),
      'The stage cannot run AWS::S3::Bucket (App/Bucket/Resource, Bucket1 in stack App): teach local/assembly/resource-types.ts what it is, or leave it out of a stage build.',
    ],
    [
      'an unknown intrinsic',
      () => resolved({ 'Fn::Cidr': [] }),
      'App/Probe (AWS::IAM::Policy) in stack App uses Fn::Cidr, which the stage cannot resolve: teach it to local/assembly/intrinsics.ts, or leave the resource out of a stage build.',
    ],
    [
      'an unknown attribute',
      () => resolved({ 'Fn::GetAtt': ['Queue', 'Colour'] }),
      'App/Probe (AWS::IAM::Policy) in stack App reads the attribute Colour of Queue (AWS::SQS::Queue), which the stage does not know: add it to that type in local/assembly/resource-types.ts.',
    ],
    [
      'a missing resource',
      () => resolved({ Ref: 'Gone' }),
      'App/Probe (AWS::IAM::Policy) in stack App refers to Gone, which the template does not have.',
    ],
    [
      'a parameter without a default',
      () => resolved({ Ref: 'Size' }, { Parameters: { Size: { Type: 'String' } } }),
      'App/Probe (AWS::IAM::Policy) in stack App needs the parameter Size, which only a deployment can fill in: give it a default, or use CDK context instead.',
    ],
    [
      'a missing export',
      () => resolved({ 'Fn::ImportValue': 'nowhere' }),
      'App/Probe (AWS::IAM::Policy) in stack App imports nowhere, which no stack of the assembly exports: synthesize the stack that does, too.',
    ],
    [
      'a dynamic reference',
      () => resolved('{{resolve:ssm:/key}}'),
      'App/Probe (AWS::IAM::Policy) in stack App holds the dynamic reference {{resolve:ssm:/key}}, which only a deployment can look up: use a value that stands in the template.',
    ],
    [
      'an error that the CDK app marked',
      () =>
        open([
          {
            name: 'App',
            template: {},
            metadata: {
              '/App/Door': [{ type: 'aws:cdk:error', data: 'door must be message or none' }],
            },
          },
        ]),
      'App/Door is in error: door must be message or none',
    ],
    [
      'names that need each other',
      () =>
        open([
          {
            name: 'App',
            template: {
              Resources: {
                A: {
                  Type: 'AWS::SQS::Queue',
                  Properties: { QueueName: { 'Fn::GetAtt': ['B', 'QueueName'] } },
                },
                B: {
                  Type: 'AWS::SQS::Queue',
                  Properties: { QueueName: { 'Fn::GetAtt': ['A', 'QueueName'] } },
                },
              },
            },
          },
        ]),
      'A in stack App depends on itself: break the circle in the CDK app.',
    ],
  ])('%s', (_, run, sentence) => {
    expect(run).toThrow(new Error(sentence));
  });

  it('a folder that is no assembly', () => {
    expect(() => readCloudAssembly('/nowhere/cdk.out')).toThrow(
      'There is no CDK cloud assembly in /nowhere/cdk.out (no manifest.json): synthesize the app first, with "npm run synth".',
    );
  });

  it('stacks of two regions', () => {
    const stacks = ['eu-west-1', 'us-east-1'].map((region) => ({
      name: region,
      template: {},
      environment: `aws://123456789012/${region}`,
    }));
    expect(() => readCloudAssembly(write(stacks))).toThrow(
      'The stage runs one region, and the stacks name eu-west-1 and us-east-1: give all stacks of a stage build the same env.',
    );
  });
});
