import { describe, expect, test } from 'vitest';
import { createAccess } from '../../local/access/access.ts';
import type { Facts, Principal } from '../../local/service.ts';
import {
  account,
  assemblyOf,
  functionArn,
  functionResources,
  resource,
} from './fixtures/small-stage.ts';

const table = `arn:aws:dynamodb:us-east-1:${account}:table/Connections`;
const index = `${table}/index/byUser`;

function accessOf(...statements: object[]) {
  return createAccess(assemblyOf(functionResources('greet', { statements })));
}

function isAllowed(statements: object[], action: string, on: string, facts?: Facts): boolean {
  const access = accessOf(...statements);
  const ask = () => access.demand(access.principalOfFunction('greet'), action, on, facts);
  try {
    ask();
    // A second time, when the decision may come from memory.
    ask();
    return true;
  } catch {
    expect(ask).toThrow('is not authorized to perform');
    return false;
  }
}

const allow = (rest: object) => ({ Effect: 'Allow', Resource: '*', ...rest });
const deny = (rest: object) => ({ Effect: 'Deny', Resource: '*', ...rest });
const put = 'dynamodb:PutItem';

describe('what a role may do', () => {
  test.each([
    ['nothing said', [], false],
    ['the very action and resource', [{ Effect: 'Allow', Action: put, Resource: table }], true],
    ['one of several', [allow({ Action: ['dynamodb:GetItem', put] })], true],
    ['actions in other letters', [allow({ Action: 'DynamoDB:putitem' })], true],
    ['a wildcard for the action', [allow({ Action: 'dynamodb:Put*' })], true],
    ['one character for another', [allow({ Action: 'dynamodb:?utItem' })], true],
    ['a wildcard that does not reach', [allow({ Action: 'dynamodb:Get*' })], false],
    [
      'a wildcard for the resource',
      [{ Effect: 'Allow', Action: put, Resource: `${table}*` }],
      true,
    ],
    ['an index only', [{ Effect: 'Allow', Action: put, Resource: `${table}/index/*` }], false],
    [
      'resources in other letters',
      [{ Effect: 'Allow', Action: put, Resource: table.toLowerCase() }],
      false,
    ],
    ['a full stop is no wildcard', [allow({ Action: 'dynamodb.PutItem' })], false],
    ['all but another action', [allow({ NotAction: 'dynamodb:GetItem' })], true],
    ['all but this action', [allow({ NotAction: 'dynamodb:*' })], false],
    ['all but this resource', [{ Effect: 'Allow', Action: put, NotResource: table }], false],
    ['an explicit deny after an allow', [allow({ Action: '*' }), deny({ Action: put })], false],
    ['an explicit deny before an allow', [deny({ Action: put }), allow({ Action: '*' })], false],
    ['a deny of something else', [allow({ Action: '*' }), deny({ Action: 'sqs:*' })], true],
  ])('%s', (_case, statements, allowed) => {
    expect(isAllowed(statements, put, table)).toBe(allowed);
  });

  const leading = { 'dynamodb:LeadingKeys': ['tenant#a'] };
  const only = (operator: string, expected: unknown, key = 'dynamodb:LeadingKeys') => [
    allow({ Action: put, Condition: { [operator]: { [key]: expected } } }),
  ];
  const secure = { Bool: { 'aws:SecureTransport': 'true' } };

  test.each<[string, object[], Facts | undefined, boolean]>([
    ['the same text', only('StringEquals', 'tenant#a'), leading, true],
    ['another text', only('StringEquals', 'tenant#b'), leading, false],
    ['one of several texts', only('StringEquals', ['tenant#b', 'tenant#a']), leading, true],
    ['StringEquals takes no wildcard', only('StringEquals', 'tenant#*'), leading, false],
    ['StringLike does', only('StringLike', 'tenant#*'), leading, true],
    [
      'keys in other letters',
      only('StringEquals', 'tenant#a', 'DynamoDB:leadingkeys'),
      leading,
      true,
    ],
    ['all of the values', only('ForAllValues:StringEquals', ['tenant#a']), leading, true],
    [
      'all but one of the values',
      only('ForAllValues:StringEquals', 'a'),
      { 'dynamodb:LeadingKeys': ['a', 'b'] },
      false,
    ],
    [
      'any of the values',
      only('ForAnyValue:StringEquals', 'a'),
      { 'dynamodb:LeadingKeys': ['a', 'b'] },
      true,
    ],
    [
      'any that are like it',
      only('ForAnyValue:StringLike', 'x*'),
      { 'dynamodb:LeadingKeys': ['a', 'b'] },
      false,
    ],
    ['none at all is all', only('ForAllValues:StringEquals', 'a'), {}, true],
    ['none at all is not any', only('ForAnyValue:StringEquals', 'a'), {}, false],
    [
      'facts that nobody gave do not allow',
      only('ForAllValues:StringEquals', 'a'),
      undefined,
      false,
    ],
    [
      'a key of another service is not known',
      only('ForAllValues:StringEquals', 'a', 'kms:ViaService'),
      {},
      false,
    ],
    ['over TLS', [allow({ Action: put, Condition: secure })], undefined, true],
    [
      'the role itself',
      only('ArnLike', `arn:aws:iam::${account}:role/greet*`, 'aws:PrincipalArn'),
      undefined,
      true,
    ],
    [
      'ArnEquals takes wildcards too',
      only('ArnEquals', `arn:aws:iam::*:role/greetRole`, 'aws:PrincipalArn'),
      undefined,
      true,
    ],
    [
      'no wildcard reaches over a colon',
      only('ArnLike', 'arn:aws:*:role/greetRole', 'aws:PrincipalArn'),
      undefined,
      false,
    ],
    [
      'two conditions, one not met',
      [
        allow({
          Action: put,
          Condition: { ...secure, StringEquals: { 'dynamodb:LeadingKeys': 'x' } },
        }),
      ],
      leading,
      false,
    ],
  ])('under a condition: %s', (_case, statements, facts, allowed) => {
    expect(isAllowed(statements, put, table, facts)).toBe(allowed);
  });

  test('a deny under a condition that nobody can answer denies', () => {
    const condition = { StringEquals: { 'dynamodb:LeadingKeys': 'secret' } };
    const statements = [allow({ Action: '*' }), deny({ Action: put, Condition: condition })];
    expect(isAllowed(statements, put, table)).toBe(false);
    expect(isAllowed(statements, put, table, { 'dynamodb:LeadingKeys': 'other' })).toBe(true);
  });

  test('a decision under a condition is not remembered for other facts', () => {
    const access = accessOf(...only('ForAllValues:StringEquals', 'a'));
    const ask = (key: string) => () =>
      access.demand(access.principalOfFunction('greet'), put, table, {
        'dynamodb:LeadingKeys': key,
      });
    expect(ask('a')).not.toThrow();
    expect(ask('b')).toThrow('not authorized');
  });
});

describe('a refusal', () => {
  test('names the function, the action and the resource in the words of AWS', () => {
    const access = accessOf();
    expect(() => access.demand(access.principalOfFunction('greet'), put, index)).toThrow(
      expect.objectContaining({
        name: 'AccessDeniedException',
        message: `User: arn:aws:sts::${account}:assumed-role/greetRole/greet is not authorized to perform: dynamodb:PutItem on resource: ${index} because no identity-based policy allows the dynamodb:PutItem action`,
      }),
    );
  });

  test('says when the deny was explicit', () => {
    const access = accessOf(deny({ Action: put }));
    expect(() => access.demand(access.principalOfFunction('greet'), put, index)).toThrow(
      'with an explicit deny in an identity-based policy',
    );
  });
});

describe('where policies come from', () => {
  const role = (properties: object) => [
    ...functionResources('greet').filter(({ type }) => type !== 'AWS::IAM::Role'),
    resource('AWS::IAM::Role', 'greetRole', `arn:aws:iam::${account}:role/greetRole`, {
      ...properties,
    }),
  ];
  const document = { Statement: allow({ Action: put }) };
  const managedArn = `arn:aws:iam::${account}:policy/Writers`;

  test.each([
    ['inline in the role', role({ Policies: [{ PolicyName: 'p', PolicyDocument: document }] })],
    [
      'a managed policy that names the role',
      [
        ...role({}),
        resource('AWS::IAM::ManagedPolicy', managedArn, managedArn, {
          PolicyDocument: document,
          Roles: ['greetRole'],
        }),
      ],
    ],
    [
      'a managed policy that the role names',
      [
        ...role({ ManagedPolicyArns: [managedArn] }),
        resource('AWS::IAM::ManagedPolicy', managedArn, managedArn, { PolicyDocument: document }),
      ],
    ],
  ])('%s', (_case, resources) => {
    const access = createAccess(assemblyOf(resources));
    expect(() => access.demand(access.principalOfFunction('greet'), put, table)).not.toThrow();
  });

  test('the basic execution role writes logs and nothing else', () => {
    const access = createAccess(assemblyOf(functionResources('greet')));
    const greet = access.principalOfFunction('greet');
    expect(() => access.demand(greet, 'logs:PutLogEvents', '*')).not.toThrow();
    expect(() => access.demand(greet, put, table)).toThrow('not authorized');
  });

  test.each([
    [
      'an operator',
      [allow({ Action: put, Condition: { NumericLessThan: { 'a:b': 1 } } })],
      'condition operator NumericLessThan',
    ],
    ['an element', [allow({ Action: put, Principal: '*' })], 'the element Principal'],
    [
      'a policy variable',
      [{ ...allow({ Action: put }), Resource: `${table}/\${aws:username}` }],
      'policy variables',
    ],
    ['no effect', [{ Action: put, Resource: '*' }], 'neither Allow nor Deny'],
    ['no resource', [{ Effect: 'Allow', Action: put }], 'either Resource or NotResource'],
  ])('a policy with %s that is not evaluated here stops the start', (_case, statements, words) => {
    expect(() => accessOf(...statements)).toThrow(words);
  });

  test('a managed policy of AWS that is not known stops the start', () => {
    const arn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    expect(() => createAccess(assemblyOf(role({ ManagedPolicyArns: [arn] })))).toThrow(
      `Role Small/greetRole/Resource has the managed policy ${arn}, which the local stage does not know`,
    );
  });

  test('a permissions boundary stops the start', () => {
    const properties = { PermissionsBoundary: managedArn };
    expect(() => createAccess(assemblyOf(role(properties)))).toThrow('permissions boundary');
  });
});

describe('who may invoke a function', () => {
  const api = `arn:aws:execute-api:us-east-1:${account}:abcdefghij`;
  const permission = (properties: object) =>
    resource('AWS::Lambda::Permission', 'mayInvoke', '', {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn('greet'),
      Principal: 'apigateway.amazonaws.com',
      ...properties,
    });
  const gateway = (sourceArn: string, name = 'apigateway.amazonaws.com'): Principal => ({
    kind: 'service',
    name,
    arn: name,
    roleArn: '',
    sourceArn,
  });
  const mayInvoke = (properties: object, caller: Principal): boolean => {
    const access = createAccess(
      assemblyOf([...functionResources('greet'), permission(properties)]),
    );
    try {
      access.demandInvoke(caller, functionArn('greet'));
      return true;
    } catch (error) {
      expect(error).toMatchObject({ name: 'AccessDeniedException' });
      return false;
    }
  };

  test.each<[string, object, Principal, boolean]>([
    ['any source', {}, gateway(`${api}/prod/$connect`), true],
    ['its source', { SourceArn: `${api}/*` }, gateway(`${api}/prod/$connect`), true],
    [
      'its source on one route',
      { SourceArn: `${api}/*$connect` },
      gateway(`${api}/prod/$connect`),
      true,
    ],
    ['another route', { SourceArn: `${api}/*$connect` }, gateway(`${api}/prod/$default`), false],
    ['another service', {}, gateway(api, 'events.amazonaws.com'), false],
    ['another action', { Action: 'lambda:GetFunction' }, gateway(api), false],
    ['every action of Lambda', { Action: 'lambda:*' }, gateway(api), true],
    ['its account', { SourceAccount: account }, gateway(api), true],
    ['another account', { SourceAccount: '111111111111' }, gateway(api), false],
    ['by the name of the function', { FunctionName: 'greet' }, gateway(api), true],
  ])('a service: %s', (_case, properties, caller, allowed) => {
    expect(mayInvoke(properties, caller)).toBe(allowed);
  });

  test('nobody, without a permission; Lambda itself, for its mappings', () => {
    const access = createAccess(assemblyOf(functionResources('greet')));
    expect(() => access.demandInvoke(gateway(api), functionArn('greet'))).toThrow(
      'because no resource-based policy allows the lambda:InvokeFunction action',
    );
    const lambda = gateway('', 'lambda.amazonaws.com');
    expect(() => access.demandInvoke(lambda, functionArn('greet'))).not.toThrow();
  });

  test('a function, by its role alone', () => {
    const statements = [allow({ Action: 'lambda:InvokeFunction', Resource: functionArn('greet') })];
    const access = createAccess(
      assemblyOf([...functionResources('greet'), ...functionResources('caller', { statements })]),
    );
    const invokeAs = (name: string) => () =>
      access.demandInvoke(access.principalOfFunction(name), functionArn('greet'));
    expect(invokeAs('caller')).not.toThrow();
    expect(invokeAs('greet')).toThrow('lambda:InvokeFunction');
  });
});

describe('credentials', () => {
  test('every function has its own, as a role gets them, and the operator has a key that lasts', () => {
    const access = createAccess(
      assemblyOf([...functionResources('one'), ...functionResources('other')]),
    );
    const [one, other, operator] = ['one', 'other', 'operator'].map(access.environmentFor);
    expect(one?.AWS_ACCESS_KEY_ID).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(one?.AWS_SESSION_TOKEN).toBeTruthy();
    expect(operator?.AWS_ACCESS_KEY_ID).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(operator).not.toHaveProperty('AWS_SESSION_TOKEN');
    expect(one?.AWS_SECRET_ACCESS_KEY).not.toBe(other?.AWS_SECRET_ACCESS_KEY);
    expect(access.credential(one?.AWS_ACCESS_KEY_ID ?? '')?.principal.name).toBe('one');
    expect(access.credential('AKIAAAAAAAAAAAAAAAAA')).toBeUndefined();
  });

  test('the operator may do everything', () => {
    const access = createAccess(assemblyOf(functionResources('one')));
    const key = access.environmentFor('operator').AWS_ACCESS_KEY_ID ?? '';
    const { principal } = access.credential(key) ?? expect.fail('no operator');
    expect(() => access.demand(principal, put, table)).not.toThrow();
    expect(() => access.demandInvoke(principal, functionArn('one'))).not.toThrow();
  });
});
