import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type FunctionName,
  type FunctionSpec,
  functions,
  queues,
  streamFailures,
} from '../../contract/functions.ts';
import { type HttpOperation, httpOperations } from '../../contract/http.ts';
import { tables } from '../../contract/tables.ts';
import { BUNDLES_FOLDER } from '../../lib/bundled-code.ts';
import { functionEntry } from '../../lib/function-entry.ts';
import { keysOf } from '../../lib/records.ts';
import { synthesize } from './templates.ts';

/** What deployed policies say, read back from the templates: action → resources, as short names. */
type Reach = ReadonlyArray<readonly [action: string, resource: string]>;

let service: Template;
let petStore: Template;
let ephemera: Template;
let warehouse: Template;
let tournament: Template;
beforeAll(async () => {
  ({ service, petStore, ephemera, warehouse, tournament } = await synthesize());
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
  for (const [part, name] of [
    ['EventBus', 'bus'],
    ['UserPool', 'users'],
  ] as const) {
    if (new RegExp(`ExportsOutputFnGetAttSwitchboard${part}[0-9A-F]{8}Arn`).test(text)) return name;
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

const logs = (id: string): Reach =>
  ['logs:CreateLogStream', 'logs:PutLogEvents'].map((verb) => [verb, `${id}Log`]);

function declaredReach(name: FunctionName): Reach {
  const spec: FunctionSpec = functions[name];
  const id = `Switchboard${pascal(name)}Function`;
  return [
    ...logs(id),
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
    ...(spec.redrives ? redriving() : []),
    ...(spec.readsJournal ? journal() : []),
    ...(spec.putsEvents ? [['events:PutEvents', 'bus'] as const] : []),
    ...(spec.users ?? []).map((call): [string, string] => [`cognito-idp:${call}`, 'users']),
    ...triggers(name),
  ];
}

/** Counts what lies anywhere, takes dead letters out and sends them back; the failures of streams it only looks into. */
const redriving = (): Reach => [
  ...keysOf(queues).flatMap((name) =>
    ['GetQueueAttributes', 'SendMessage'].map(
      (verb) => [`sqs:${verb}`, `SwitchboardQueues${pascal(name)}`] as const,
    ),
  ),
  ...keysOf(queues).flatMap((name) =>
    ['GetQueueAttributes', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'].map(
      (verb) => [`sqs:${verb}`, `SwitchboardQueues${pascal(name)}DeadLetters`] as const,
    ),
  ),
  ...streamFailures.flatMap((name) =>
    ['GetQueueAttributes', 'ReceiveMessage'].map(
      (verb) => [`sqs:${verb}`, `SwitchboardQueues${pascal(name)}Failures`] as const,
    ),
  ),
];

/** Queries of the logs of whoever notes what the journal is made of; AWS knows no resource of an answer. */
const journal = (): Reach => [
  ...keysOf(functions)
    .filter((name) => 'notes' in functions[name])
    .map((name) => ['logs:StartQuery', `Switchboard${pascal(name)}FunctionLog`] as const),
  ['logs:GetQueryResults', '*'],
];

const takes = (queue: string): Reach =>
  ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((verb) => [`sqs:${verb}`, queue]);

function triggers(name: FunctionName): Reach {
  const queue = (of: string): Reach => takes(`SwitchboardQueues${of}`);
  const stream = (of: string, parksIn = `${pascal(name)}Failures`): Reach => [
    ['dynamodb:DescribeStream', `${of}/stream`],
    ['dynamodb:GetRecords', `${of}/stream`],
    ['dynamodb:GetShardIterator', `${of}/stream`],
    // AWS knows no narrower resource for it.
    ['dynamodb:ListStreams', '*'],
    ['sqs:SendMessage', `SwitchboardQueues${parksIn}`],
  ];
  const known: Partial<Record<FunctionName, Reach>> = {
    reaper: queue('Reaper'),
    'session-check': queue('SessionCheck'),
    delivery: queue('Delivery'),
    express: queue('Express'),
    'parked-events': queue('ParkedEvents'),
    'message-pages': queue('MessagePages'),
    'bridge-events': queue('BridgedEvents'),
    'fan-out': stream('notifications', 'ParkedNotifications'),
    redrive: queue('ParkedNotifications'),
    'notification-bridge': stream('notifications'),
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
    expect(reachOf(petStore, `${id}Role`).toSorted()).toEqual([...reach, ...logs(id)].toSorted());
  });

  it.each([
    [
      'FollowPresence',
      [
        ['dynamodb:PutItem', 'Online'],
        ['dynamodb:PutItem', 'notifications'],
        ...takes('InboxEvents'),
      ],
    ],
    ['ListOnline', [['dynamodb:Query', 'Online']]],
    [
      'HealOnline',
      [
        ['dynamodb:Query', 'Online'],
        ['dynamodb:PutItem', 'Online'],
        ['dynamodb:Scan', 'sessions'],
        ['dynamodb:PutItem', 'notifications'],
      ],
    ],
  ])(
    '[S0-12] %s reaches its own rows, and the published ones only through a grant',
    (id, reach) => {
      expect(reachOf(ephemera, `${id}Role`).toSorted()).toEqual([...reach, ...logs(id)].toSorted());
    },
  );

  it('[S1-12] the warehouse reaches its own rows alone', () => {
    const id = 'CountNotification';
    const counts = ['dynamodb:PutItem', 'dynamodb:UpdateItem'].map((verb) => [verb, 'Counts']);
    const reach = [...counts, ...takes('InboxEvents'), ...logs(id)];
    expect(reachOf(warehouse, `${id}Role`).toSorted()).toEqual(reach.toSorted());
  });

  it('whatever notes facts of connections and sessions says so, or its log would be in no timeline', () => {
    const noting = keysOf(functions).filter((name) => {
      const file = join(BUNDLES_FOLDER, functionEntry(name), 'index.mjs');
      const text = readFileSync(file, 'utf8');
      return (
        /\bnote\d*\("(connection|session|topic|delivery|event)\./.test(text) ||
        /\blogDefect\d*\("message\.failed"/.test(text)
      );
    });
    // It shares the way to the bus with lifecycle events, and has none itself.
    const others = noting.filter((name) => name !== 'notification-bridge');
    expect(others).toEqual(keysOf(functions).filter((name) => 'notes' in functions[name]));
  });

  it.each(['RegisterTournament', 'AssignPlayers', 'LockTeams', 'CancelTournament'])(
    '[S4-10] %s changes tournaments, and nothing else',
    (id) => {
      const reach = [['dynamodb:UpdateItem', 'Tournaments'], ...logs(id)];
      expect(reachOf(tournament, `${id}Role`).toSorted()).toEqual(reach.toSorted());
    },
  );

  it('[S4-10] the workflow invokes its steps and the broadcast, and who starts it does no more', () => {
    const names = ['AssignPlayers', 'CancelTournament', 'LockTeams', 'RegisterTournament'];
    const broadcast = expect.stringContaining('SwitchboardBroadcastEventFunction');
    expect(reachOf(tournament, 'AssignmentRole')).toEqual(
      [...names, broadcast].map((name) => ['lambda:InvokeFunction', name]),
    );
    const id = 'StartAssignmentWorkflow';
    expect(reachOf(tournament, `${id}Role`)).toEqual([
      ...logs(id),
      ['states:StartExecution', expect.stringMatching(/^{Ref:AssignmentStateMachine/)],
      ['lambda:InvokeFunction', broadcast],
    ]);
  });

  it('no role has a managed policy, and none is shared', () => {
    for (const template of [service, petStore, ephemera, warehouse, tournament]) {
      for (const [id, { Properties }] of Object.entries(template.findResources('AWS::IAM::Role'))) {
        expect(Properties, id).not.toHaveProperty('ManagedPolicyArns');
        expect(Properties, id).not.toHaveProperty('Policies');
      }
    }
  });

  it('only API Gateway and the schedule may invoke, each from where it stands', () => {
    const permissions = [service, petStore, ephemera, warehouse, tournament].flatMap((template) =>
      Object.values(template.findResources('AWS::Lambda::Permission')),
    );
    const operations: HttpOperation[] = Object.values(httpOperations);
    const routed = operations.filter(({ door = 'message' }) => door === 'message');
    // 3 routes of sockets, the HTTP operations, the store's 3, who is online, the tournament's, 3 schedules.
    expect(permissions).toHaveLength(3 + routed.length + 3 + 1 + 1 + 3);
    const invoked = keysOf(functions).filter((name) => 'isInvoked' in functions[name]);
    for (const { Properties } of permissions) {
      // [S0-14] [S2-07] The internal functions have no door but IAM, and the hour for one of them.
      const target = JSON.stringify(Properties.FunctionName);
      const isScheduled = Properties.Principal === 'events.amazonaws.com';
      for (const name of invoked.filter((each) => !(isScheduled && each === 'connection-manager')))
        expect(target).not.toContain(`Switchboard${pascal(name)}Function`);
      expect(['apigateway.amazonaws.com', 'events.amazonaws.com']).toContain(Properties.Principal);
      expect(Properties.SourceArn).toBeDefined();
    }
  });
});
