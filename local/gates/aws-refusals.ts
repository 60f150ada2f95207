import { type AwsAnswer, AwsFault } from '../service.ts';

/** What a service answers to too many requests. */
export function throttled(service: string, action: string, body: Buffer): AwsAnswer {
  if (service === 'dynamodb') {
    return action.startsWith('Transact')
      ? cancelled(body, 'ThrottlingError', ALL, THROUGHPUT)
      : dynamoDb('ThrottlingException', THROUGHPUT);
  }
  const [name, status] = THROTTLES[service] ?? ['ThrottlingException', 400];
  throw new AwsFault(name, 'Rate exceeded', status);
}

/** What DynamoDB answers while another transaction is under way on an item. */
export function conflicting(action: string, body: Buffer): AwsAnswer {
  return action.startsWith('Transact')
    ? cancelled(body, 'TransactionConflict', FIRST, ONGOING)
    : dynamoDb('TransactionConflictException', ONGOING);
}

/** What a service answers when something of its own went wrong. */
export function failing(service: string): AwsFault {
  const name = ERRORS[service] ?? 'InternalFailure';
  return new AwsFault(name, 'Internal server error', 500);
}

const ONGOING = 'Transaction is ongoing for the item';
const THROUGHPUT =
  'Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly.';

const THROTTLES: Readonly<Record<string, readonly [name: string, status: number]>> = {
  'execute-api': ['LimitExceededException', 429],
  lambda: ['TooManyRequestsException', 429],
  sqs: ['RequestThrottled', 403],
  'cognito-idp': ['TooManyRequestsException', 400],
};

const ERRORS: Readonly<Record<string, string>> = {
  dynamodb: 'InternalServerError',
  'execute-api': 'InternalServerErrorException',
  lambda: 'ServiceException',
  events: 'InternalException',
  'cognito-idp': 'InternalErrorException',
};

const ALL = () => true;
const FIRST = (at: number) => at === 0;

/** A cancelled transaction has a reason for each of its items. */
function cancelled(
  body: Buffer,
  code: string,
  isStruck: (at: number) => boolean,
  words: string,
): AwsAnswer {
  const { TransactItems: items = [] } = JSON.parse(body.toString()) as { TransactItems?: [] };
  const CancellationReasons = items.map((_, at) =>
    isStruck(at) ? { Code: code, Message: words } : { Code: 'None' },
  );
  const codes = CancellationReasons.map(({ Code }) => Code).join(', ');
  return dynamoDb(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons },
  );
}

const dynamoDb = (name: string, message: string, more: object = {}): AwsAnswer => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({
    __type: `com.amazonaws.dynamodb.v20120810#${name}`,
    Message: message,
    message,
    ...more,
  }),
});
