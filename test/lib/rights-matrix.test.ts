import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FunctionName, type FunctionSpec, functions } from '../../contract/functions.ts';
import { tables } from '../../contract/tables.ts';
import { keysOf } from '../../lib/records.ts';
import { synthesize } from './templates.ts';

/** What deployed policies say, read back from the templates: action → resources, as short names. */
type Reach = ReadonlyArray<readonly [action: string, resource: string]>;

let service: Template;
let petStore: Template;
beforeAll(async () => {
  ({ service, petStore } = await synthesize());
}, 60_000);

const listed = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item];

/** Every (action, resource) of the roles whose logical id begins like this. */
function reachOf(template: Template, rolePrefix: string): Reach {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter(
    ({ Properties }) =>
      Properties.Roles.some(({ Ref }: { Ref: string }) =>
        new RegExp(`^${rolePrefix}[0-9A-F]{8}$`).test(Ref),
      ),
  );
  expect(policies, rolePrefix).toHaveLength(1);
  return policies.flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap(
      ({ Action, Resource }: { Action: string | string[]; Resource: unknown }) =>
        listed(Action).flatMap((action) =>
          listed(Resource).map((target) => [action, shortName(target)] as const),
        ),
    ),
  );
}

/** `notifications`, `notifications/index/SeqIndex`, `notifications/stream`, `POST /@connections/*` … */
function shortName(arn: unknown): string {
  const text = JSON.stringify(arn);
  const table = keysOf(tables).find((name) => text.includes(`Switchboard${pascal(name)}`));
  if (text.includes('@connections')) {
    expect(text).toMatch(/"Ref":"SwitchboardWebSocketApi[0-9A-F]{8}"/);
    return text.replace(/^.*\/prod\/(\w+)(\/@connections\/\*).*$/, '$1 $2');
  }
  if (text.includes('ExportsOutputFnGetAtt') && table) {
    if (text.includes('StreamArn')) return `${table}/stream`;
    const index = /\/index\/\w+/.exec(text)?.[0] ?? '';
    return `${table}${index}`;
  }
  return text.replace(/^.*"Fn::GetAtt":\["(\w+)[0-9A-F]{8}","Arn"\].*$/, '$1').replaceAll('"', '');
}

const pascal = (name: string) =>
  name.replaceAll(/(^|-)(\w)/g, (_, _dash: string, letter: string) => letter.toUpperCase());
const action = (verb: string) =>
  `dynamodb:${verb === 'query' || verb === 'scan' ? pascal(verb) : `${pascal(verb)}Item`}`;

function declaredReach(name: FunctionName): Reach {
  const spec: FunctionSpec = functions[name];
  const id = `Switchboard${pascal(name)}Function`;
  return [
    ['logs:CreateLogStream', `${id}Log`],
    ['logs:PutLogEvents', `${id}Log`],
    ...Object.entries(spec.tables).flatMap(([table, rights]) =>
      rights.map((right): [string, string] => {
        const [verb = '', index] = right.split(' ');
        return [action(verb), index ? `${table}/index/${index}` : table];
      }),
    ),
    ...(spec.sends ?? []).map((queue): [string, string] => [
      'sqs:SendMessage',
      `SwitchboardQueues${pascal(queue)}`,
    ]),
    ...(spec.sockets ?? []).map((call): [string, string] => [
      'execute-api:ManageConnections',
      `${call.toUpperCase()} /@connections/*`,
    ]),
    ...triggers(name),
  ];
}

function triggers(name: FunctionName): Reach {
  const queue = (of: string): Reach =>
    ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((verb) => [
      `sqs:${verb}`,
      `SwitchboardQueues${of}`,
    ]);
  const stream = (of: string): Reach => [
    ['dynamodb:DescribeStream', `${of}/stream`],
    ['dynamodb:GetRecords', `${of}/stream`],
    ['dynamodb:GetShardIterator', `${of}/stream`],
    // AWS knows no narrower resource for it.
    ['dynamodb:ListStreams', '*'],
    ['sqs:SendMessage', `SwitchboardQueues${pascal(name)}Failures`],
  ];
  const known: Partial<Record<FunctionName, Reach>> = {
    reaper: queue('Reaper'),
    'session-check': queue('SessionCheck'),
    'fan-out': stream('notifications'),
    'session-stream': stream('sessions'),
  };
  return known[name] ?? [];
}

describe('deployed rights', () => {
  it.each(keysOf(functions))('%s reaches exactly what it declares', (name) => {
    const reach = reachOf(service, `Switchboard${pascal(name)}FunctionRole`);
    expect(reach.toSorted()).toEqual(declaredReach(name).toSorted());
  });

  it.each([
    ['ListPets', [['dynamodb:Query', 'Pets']]],
    ['GetPet', [['dynamodb:GetItem', 'Pets']]],
    [
      'UpdatePet',
      [
        ['dynamodb:GetItem', 'Pets'],
        ['dynamodb:PutItem', 'Pets'],
        ['dynamodb:PutItem', 'notifications'],
      ],
    ],
  ])('%s reaches pets, and only through grantPublish a notification', (id, reach) => {
    const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((verb) => [verb, `${id}Log`]);
    expect(reachOf(petStore, `${id}Role`).toSorted()).toEqual([...reach, ...logs].toSorted());
  });

  it('no role has a managed policy, and none is shared', () => {
    for (const template of [service, petStore]) {
      for (const [id, { Properties }] of Object.entries(template.findResources('AWS::IAM::Role'))) {
        expect(Properties, id).not.toHaveProperty('ManagedPolicyArns');
        expect(Properties, id).not.toHaveProperty('Policies');
      }
    }
  });

  it('only API Gateway and the schedule may invoke, each from where it stands', () => {
    const permissions = [service, petStore].flatMap((template) =>
      Object.values(template.findResources('AWS::Lambda::Permission')),
    );
    expect(permissions).toHaveLength(8);
    for (const { Properties } of permissions) {
      expect(['apigateway.amazonaws.com', 'events.amazonaws.com']).toContain(Properties.Principal);
      expect(Properties.SourceArn).toBeDefined();
    }
  });
});
