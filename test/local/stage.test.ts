// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Stage, type StageOptions, startStage } from '../../local/stage.ts';
import { type StackFixture, writeCloudAssembly } from './fixtures/write-cloud-assembly.ts';

const handler = `
export const handler = async (event) => {
  if (event.Records) console.log('got ' + event.Records.map(({ body }) => body));
  return { statusCode: 200, body: process.env.CALLBACK };
};
`;

const permission = (principal: string) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: { Ref: 'Greet' },
    Principal: principal,
  },
});

const integration = (api: string) => ({
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: {
    ApiId: { Ref: api },
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: {
      'Fn::Sub':
        'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Greet.Arn}/invocations',
    },
    PayloadFormatVersion: api === 'Http' ? '2.0' : undefined,
  },
});

const route = (api: string, key: string) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: api },
    RouteKey: key,
    AuthorizationType: 'NONE',
    Target: { 'Fn::Sub': `integrations/\${${api}Integration}` },
  },
});

const state: StackFixture = {
  name: 'State',
  template: {
    Resources: {
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'pets',
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        },
      },
    },
  },
};

const app: StackFixture = {
  name: 'App',
  dependsOn: ['State'],
  assets: { 'greet.zip': { 'index.mjs': handler } },
  template: {
    Resources: {
      Jobs: { Type: 'AWS::SQS::Queue' },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {},
          Policies: [
            {
              PolicyName: 'jobs',
              PolicyDocument: {
                Statement: [
                  {
                    Effect: 'Allow',
                    Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
                    Resource: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
                  },
                ],
              },
            },
          ],
        },
      },
      Greet: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: 'greet',
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Code: { S3Bucket: 'assets', S3Key: 'greet.zip' },
          Environment: {
            Variables: {
              CALLBACK: {
                'Fn::Sub': 'https://${Socket}.execute-api.${AWS::Region}.amazonaws.com/prod',
              },
            },
          },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          FunctionName: { Ref: 'Greet' },
          EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
        },
      },
      Gateway: permission('apigateway.amazonaws.com'),
      Socket: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: {
          Name: 'socket',
          ProtocolType: 'WEBSOCKET',
          RouteSelectionExpression: '$request.body.action',
        },
      },
      SocketIntegration: integration('Socket'),
      Connect: route('Socket', '$connect'),
      Prod: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: { ApiId: { Ref: 'Socket' }, StageName: 'prod', AutoDeploy: true },
      },
      Http: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: { Name: 'http', ProtocolType: 'HTTP' },
      },
      HttpIntegration: integration('Http'),
      Hello: route('Http', 'GET /hello'),
      Default: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: { ApiId: { Ref: 'Http' }, StageName: '$default', AutoDeploy: true },
      },
    },
    Outputs: {
      WebSocketUrl: {
        Value: { 'Fn::Sub': 'wss://${Socket}.execute-api.${AWS::Region}.amazonaws.com/prod' },
      },
      HttpUrl: { Value: { 'Fn::GetAtt': ['Http', 'ApiEndpoint'] } },
      QueueUrl: { Value: { Ref: 'Jobs' } },
    },
  },
};

/** The living processes that this one has started. */
function children(): readonly string[] {
  const listed = execFileSync('ps', ['-A', '-o', 'ppid=,stat=,args='], { encoding: 'utf8' });
  return listed.split('\n').filter((line) => {
    const [parent, state = 'Z', command] = line.trim().split(/\s+/);
    return Number(parent) === process.pid && !state.startsWith('Z') && command !== 'ps';
  });
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const portsOf = ({ context: { ports } }: Stage) => [ports.aws, ports.engine, ...ports.api.values()];

const directory = mkdtempSync(join(tmpdir(), 'stage-'));
const assemblyDirectory = writeCloudAssembly([app, state]);
afterAll(() => {
  rmSync(directory, { recursive: true });
  rmSync(assemblyDirectory, { recursive: true });
});

const handoutDirectory = join(directory, 'handout');
const start = (options: Partial<StageOptions> = {}) =>
  startStage({ assemblyDirectory, handoutDirectory, port: 0, ...options });

describe('a running stage', () => {
  let stage: Stage;
  const steps: string[] = [];
  /** What an SDK client reads from the environment. */
  const settings = (service: string) => ({
    region: stage.environment.AWS_REGION,
    endpoint: stage.environment[`AWS_ENDPOINT_URL_${service}`],
    credentials: {
      accessKeyId: String(stage.environment.AWS_ACCESS_KEY_ID),
      secretAccessKey: String(stage.environment.AWS_SECRET_ACCESS_KEY),
    },
  });

  beforeAll(async () => {
    stage = await start({ report: ({ name }) => steps.push(name) });
  });
  afterAll(() => stage.stop());

  it('starts what can run a function only when functions and the wire are there', () => {
    const ready = Math.max(steps.indexOf('lambda'), steps.indexOf('wire'));
    expect(ready).toBeGreaterThan(steps.indexOf('dynamodb'));
    const callers = ['workflows', 'websocket', 'http apis', 'mappings', 'schedules'];
    expect(steps.slice(ready + 1)).toEqual(callers);
  });

  it('hands out where it is: outputs as `cdk deploy` writes them, and an env for its owner alone', () => {
    const outputs = JSON.parse(readFileSync(join(handoutDirectory, 'outputs.json'), 'utf8'));
    expect(outputs).toEqual(stage.outputs);
    expect(Object.keys(outputs.App)).toEqual(['WebSocketUrl', 'HttpUrl', 'QueueUrl']);
    const env = join(handoutDirectory, 'env');
    expect(statSync(env).mode & 0o777).toBe(0o600);
    const seen = execFileSync('sh', ['-c', `. ${env}; echo $AWS_ENDPOINT_URL_SQS $AWS_REGION`]);
    expect(seen.toString().trim()).toBe(`${stage.urls.aws} us-east-1`);
    const { urls, context } = stage;
    const { directory } = context;
    const told = JSON.parse(readFileSync(join(handoutDirectory, 'stage.json'), 'utf8'));
    expect(told).toEqual({ urls, directory });
  });

  it('runs the tables', async () => {
    const dynamoDb = new DynamoDBClient(settings('DYNAMODB'));
    const Item = { pk: { S: 'rex' } };
    await dynamoDb.send(new PutItemCommand({ TableName: 'pets', Item }));
    const found = await dynamoDb.send(new GetItemCommand({ TableName: 'pets', Key: Item }));
    expect(found.Item).toEqual(Item);
  });

  it('runs the functions, in an environment that names local hosts', async () => {
    const lambda = new LambdaClient(settings('LAMBDA'));
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'greet' }));
    const { body } = JSON.parse(Buffer.from(Payload ?? []).toString());
    expect(body).toBe(stage.outputs.App?.WebSocketUrl?.replace('ws:', 'http:'));
  });

  it('runs the queues and their mappings', async () => {
    const got = new Promise<void>((resolve) => {
      stage.context.trace.follow(({ kind, outcome }) => {
        if (kind === 'log' && outcome.includes('got hello')) resolve();
      });
    });
    const sqs = new SQSClient(settings('SQS'));
    const { QueueUrl } = stage.outputs.App ?? {};
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    await got;
  });

  it('opens sockets at its WebSocketUrl', async () => {
    const socket = new WebSocket(String(stage.outputs.App?.WebSocketUrl));
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
  });

  it('answers at its HttpUrl', async () => {
    const answer = await fetch(`${stage.outputs.App?.HttpUrl}/hello`);
    expect(answer.status).toBe(200);
  });
});

it('leaves no process, no port and no folder behind, however often it is stopped', async () => {
  const stage = await start();
  await stage.context.functions.invoke(
    stage.context.assembly.ofType('AWS::Lambda::Function')[0]?.arn ?? '',
    '{}',
    { kind: 'operator', name: 'operator', arn: '', roleArn: '' },
  );
  expect(children().length).toBeGreaterThan(1);
  await Promise.all([stage.stop(), stage.stop()]);
  await stage.stop();
  expect(children()).toEqual([]);
  expect(await Promise.all(portsOf(stage).map(listens))).not.toContain(true);
  expect(existsSync(stage.context.directory)).toBe(false);
});

it('keeps in the data directory what was there at the last stop', async () => {
  const options = { dataDirectory: mkdtempSync(join(directory, 'kept-')) };
  const first = await start(options);
  first.context.store.set('test', 'seen', 'yes');
  await first.stop();
  const second = await start(options);
  expect(second.context.store.get('test', 'seen')).toBe('yes');
  await second.stop();
});

describe('a start that fails', () => {
  it('says in a sentence what and why, and leaves nothing running', async () => {
    const broken: StackFixture = { ...app, assets: {} };
    const withoutAsset = writeCloudAssembly([broken, state]);
    const missing = `lambda did not start: The assembly in ${withoutAsset} has no asset greet.zip: remove the folder and synthesize again.`;
    await expect(start({ assemblyDirectory: withoutAsset })).rejects.toThrow(missing);
    expect(children()).toEqual([]);
    rmSync(withoutAsset, { recursive: true });
  });

  it('is given up when it is no longer wanted, and leaves nothing running', async () => {
    const ending = new AbortController();
    const report = () => ending.abort();
    await expect(start({ report, signal: ending.signal })).rejects.toThrow('aborted');
    expect(children()).toEqual([]);
  });

  it('leaves a data directory alone that another stage uses', async () => {
    const dataDirectory = mkdtempSync(join(directory, 'kept-'));
    const stage = await start({ dataDirectory });
    await expect(start({ dataDirectory })).rejects.toThrow(/stop the other stage/);
    await stage.stop();
  });
});
