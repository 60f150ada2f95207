import { describe, expect, test } from 'vitest';
import { createAccess } from '../../local/access/access.ts';
import type { Principal, Resource } from '../../local/service.ts';
import { account, assemblyOf, functionResources, resource } from './fixtures/small-stage.ts';

const queueArn = `arn:aws:sqs:us-east-1:${account}:Work`;
const ruleArn = `arn:aws:events:us-east-1:${account}:rule/Watch`;
const roleArn = `arn:aws:iam::${account}:role/greetRole`;
const send = 'sqs:SendMessage';
const queue = resource('AWS::SQS::Queue', 'Work', queueArn);
const eventBridge: Principal = {
  kind: 'service',
  name: 'events.amazonaws.com',
  arn: 'events.amazonaws.com',
  roleArn: '',
  sourceArn: ruleArn,
};

const policy = (...statements: object[]) =>
  resource('AWS::SQS::QueuePolicy', 'Policy', '', {
    Queues: [queue.id],
    PolicyDocument: { Statement: statements },
  });
const statement = (change: object) => ({
  Effect: 'Allow',
  Action: send,
  Resource: queueArn,
  Principal: '*',
  ...change,
});
const accessOf = (resources: readonly Resource[], ...own: object[]) =>
  createAccess(
    assemblyOf([queue, ...functionResources('greet', { statements: own }), ...resources]),
  );

function answerOf(ask: () => void): string {
  try {
    ask();
    return 'allowed';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('the policy of a queue', () => {
  const service = { Principal: { Service: 'events.amazonaws.com' } };
  const from = (arn: string) => ({ Condition: { ArnEquals: { 'aws:SourceArn': arn } } });
  test.each<[string, object[], boolean]>([
    ['none', [], false],
    ['for everybody', [statement({})], true],
    ['for the service', [statement(service)], true],
    [
      'for one of several',
      [statement({ Principal: { Service: ['s3.amazonaws.com', eventBridge.name] } })],
      true,
    ],
    ['for another service', [statement({ Principal: { Service: 's3.amazonaws.com' } })], false],
    ['for its rule', [statement({ ...service, ...from(ruleArn) })], true],
    ['for another rule', [statement({ ...service, ...from(`${ruleArn}2`) })], false],
    [
      'for its account',
      [statement({ Condition: { StringEquals: { 'aws:SourceAccount': account } } })],
      true,
    ],
    ['for another action', [statement({ Action: 'sqs:ReceiveMessage' })], false],
    ['for another queue', [statement({ Resource: `${queueArn}2` })], false],
    ['for a role', [statement({ Principal: { AWS: roleArn } })], false],
    ['for whoever signs in elsewhere', [statement({ Principal: { Federated: 'x' } })], false],
    ['that also denies', [statement({}), statement({ ...service, Effect: 'Deny' })], false],
    [
      'that denies what comes without TLS',
      [
        statement({}),
        statement({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ],
      true,
    ],
  ])('%s: a service', (_case, statements, allowed) => {
    const access = accessOf(statements.length > 0 ? [policy(...statements)] : []);
    const answer = answerOf(() => access.demand(eventBridge, send, queueArn));
    if (allowed) expect(answer).toBe('allowed');
    else
      expect(answer).toContain(`User: events.amazonaws.com is not authorized to perform: ${send}`);
  });

  const may = { Effect: 'Allow', Action: send, Resource: queueArn };
  const root = { AWS: `arn:aws:iam::${account}:root` };
  test.each<[string, object[], object[], string]>([
    ['nothing said', [], [], 'no identity-based policy allows'],
    ['the role alone', [], [may], 'allowed'],
    ['the queue alone, by the role', [statement({ Principal: { AWS: roleArn } })], [], 'allowed'],
    ['the queue alone, for everybody', [statement({})], [], 'allowed'],
    ['the queue for the account', [statement({ Principal: root })], [], 'no identity-based policy'],
    [
      'the queue for another role',
      [statement({ Principal: { AWS: `${roleArn}2` } })],
      [],
      'no identity-based',
    ],
    [
      'the queue against it',
      [statement({ Effect: 'Deny' })],
      [may],
      'with an explicit deny in a resource-based policy',
    ],
    [
      'the queue against the account',
      [statement({ Effect: 'Deny', Principal: { AWS: account } })],
      [may],
      'with an explicit deny in a resource-based policy',
    ],
    [
      'the role against it',
      [statement({})],
      [{ ...may, Effect: 'Deny' }],
      'with an explicit deny in an identity-based policy',
    ],
  ])('and a function: %s', (_case, statements, own, expected) => {
    const access = accessOf(statements.length > 0 ? [policy(...statements)] : [], ...own);
    const ask = () => access.demand(access.principalOfFunction('greet'), send, queueArn);
    expect(answerOf(ask)).toContain(expected);
    // A second time, when the verdict may come from memory.
    expect(answerOf(ask)).toContain(expected);
  });

  test.each<[string, Resource[], string]>([
    [
      'NotPrincipal',
      [policy(statement({ Principal: undefined, NotPrincipal: '*' }))],
      'the element NotPrincipal',
    ],
    ['no Principal', [policy(statement({ Principal: undefined }))], 'without a Principal'],
    [
      'a Principal of another kind',
      [policy(statement({ Principal: { CanonicalUser: 'x' } }))],
      'CanonicalUser',
    ],
    ['a second policy', [policy(statement({})), policy(statement({}))], 'is the second one for'],
  ])('with %s stops the start with a sentence', (_case, resources, sentence) => {
    expect(() => accessOf(resources)).toThrow(sentence);
  });
});

describe('the policy of a bus', () => {
  const busArn = `arn:aws:events:us-east-1:${account}:event-bus/pets`;
  const bus = resource('AWS::Events::EventBus', 'pets', busArn);
  const put = 'events:PutEvents';
  const busPolicy = (properties: object) =>
    resource('AWS::Events::EventBusPolicy', 'Policy', '', { EventBusName: 'pets', ...properties });
  const may = { Effect: 'Allow', Action: put, Resource: busArn };

  test.each([
    [
      'denies what a role allows',
      { ...may, Effect: 'Deny', Principal: '*' },
      'explicit deny in a resource-based',
    ],
    ['leaves it to the role', { ...may, Principal: { Service: 's3.amazonaws.com' } }, 'allowed'],
  ])('%s', (_case, Statement, expected) => {
    const access = accessOf([bus, busPolicy({ Statement })], may);
    const ask = () => access.demand(access.principalOfFunction('greet'), put, busArn);
    expect(answerOf(ask)).toContain(expected);
  });

  test('of the older form concerns other accounts only', () => {
    expect(() =>
      accessOf([bus, busPolicy({ Action: put, Principal: '111111111111' })]),
    ).not.toThrow();
  });

  test('of a bus from elsewhere stops the start with a sentence', () => {
    expect(() => accessOf([busPolicy({ Statement: may })])).toThrow('buses of the template only');
  });
});
