import type { UserCall, Verb } from '../../contract/functions.ts';

/** One statement of a function's policy. */
export interface Right {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Why a resource ends in a wildcard, if one does. */
  readonly wildcardBecause?: string;
}

const actionOf: Readonly<Record<Verb, string>> = {
  get: 'dynamodb:GetItem',
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
  query: 'dynamodb:Query',
  scan: 'dynamodb:Scan',
  batchGet: 'dynamodb:BatchGetItem',
  batchWrite: 'dynamodb:BatchWriteItem',
};

const INDEX_QUERY = 'query ';

export const verbsRight = (tableArn: string, verbs: readonly Verb[]): Right => ({
  actions: verbs.map((verb) => actionOf[verb]),
  resources: [tableArn],
});

/** One right on the table itself for all verbs together, and one for each index. */
export function tableRights(
  tableArn: string,
  declared: ReadonlyArray<Verb | `${typeof INDEX_QUERY}${string}`>,
): readonly Right[] {
  const indexes = declared.filter((right) => right.startsWith(INDEX_QUERY));
  const verbs = declared.filter((right) => right in actionOf) as Verb[];
  return [
    ...(verbs.length > 0 ? [verbsRight(tableArn, verbs)] : []),
    ...indexes.map((index) => ({
      actions: [actionOf.query],
      resources: [`${tableArn}/index/${index.slice(INDEX_QUERY.length)}`],
    })),
  ];
}

/** A publish is a transaction of Puts, of which each is checked as a PutItem. */
export const publishRight = (notificationsArn: string): Right => ({
  actions: [actionOf.put],
  resources: [notificationsArn],
});

export const sendRight = (queueArn: string): Right => ({
  actions: ['sqs:SendMessage'],
  resources: [queueArn],
});

export const putEventsRight = (busArn: string): Right => ({
  actions: ['events:PutEvents'],
  resources: [busArn],
});

/** What KMS is to allow to whoever reads what is encrypted with a key of ours: AWS's services ask in their name. */
export const keyReadRight = (keyArn: string): Right => ({
  actions: ['kms:Decrypt', 'kms:DescribeKey'],
  resources: [keyArn],
});

/** The same of whoever writes. */
export const keyWriteRight = (keyArn: string): Right => ({
  actions: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
  ],
  resources: [keyArn],
});

export const usersRight = (poolArn: string, calls: readonly UserCall[]): Right => ({
  actions: calls.map((call) => `cognito-idp:${call}`),
  resources: [poolArn],
});

/** The function itself, not one of its versions. */
export const invokeRight = (functionArn: string): Right => ({
  actions: ['lambda:InvokeFunction'],
  resources: [functionArn],
});

/** What Lambda's poller does in the name of the function. */
export const consumeRight = (queueArn: string): Right => ({
  actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  resources: [queueArn],
});

/** To see how much lies in queues, and some of it. */
export const lookIntoRight = (queueArns: readonly string[]): Right => ({
  actions: ['sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
  resources: queueArns,
});

/** To count what waits in queues, and send back into them. */
export const sendBackRight = (queueArns: readonly string[]): Right => ({
  actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
  resources: queueArns,
});

/** To take dead letters out, or leave them where they are. */
export const takeDeadLettersRight = (queueArns: readonly string[]): Right => ({
  actions: [
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
  ],
  resources: queueArns,
});

/** What Lambda's stream poller does in the name of the function. */
export const streamRights = (streamArn: string): readonly Right[] => [
  {
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    resources: [streamArn],
  },
  {
    actions: ['dynamodb:ListStreams'],
    resources: ['*'],
    wildcardBecause: 'ListStreams knows no resource; it tells names and no content.',
  },
];

/** `callArns` name the method of one API and stage: `…/prod/POST/@connections/*`. */
export const socketRight = (callArns: readonly string[]): Right => ({
  actions: ['execute-api:ManageConnections'],
  resources: callArns,
  wildcardBecause: 'Connection ids are made by the gateway: the wildcard stands for them alone.',
});

/** To ask what stands in logs. The answer of a query is told to whoever knows its id. */
export const queryLogsRights = (logGroupArns: readonly string[]): readonly Right[] => [
  { actions: ['logs:StartQuery'], resources: logGroupArns },
  {
    actions: ['logs:GetQueryResults'],
    resources: ['*'],
    wildcardBecause:
      'GetQueryResults knows no resource; ids of queries are random and short-lived.',
  },
];
