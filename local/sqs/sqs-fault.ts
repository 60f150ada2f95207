import { type AwsAnswer, AwsFault } from '../service.ts';

/** The names that older SDKs know a fault by; they come in a header of their own (S). */
const QUERY_PREFIX = 'AWS.SimpleQueueService.';
const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: `${QUERY_PREFIX}NonExistentQueue`,
  EmptyBatchRequest: `${QUERY_PREFIX}EmptyBatchRequest`,
  TooManyEntriesInBatchRequest: `${QUERY_PREFIX}TooManyEntriesInBatchRequest`,
  BatchEntryIdsNotDistinct: `${QUERY_PREFIX}BatchEntryIdsNotDistinct`,
  BatchRequestTooLong: `${QUERY_PREFIX}BatchRequestTooLong`,
  InvalidBatchEntryId: `${QUERY_PREFIX}InvalidBatchEntryId`,
  MessageNotInflight: `${QUERY_PREFIX}MessageNotInflight`,
  UnsupportedOperation: `${QUERY_PREFIX}UnsupportedOperation`,
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
  AccessDeniedException: 'AccessDenied',
};

const OF_THE_FRAMEWORK = new Set(['AccessDeniedException', 'MissingRequiredParameterException']);

/** A fault as SQS writes it: the name in the body, and the older code in `x-amzn-query-error`. */
export function answerFault({ name, message, status }: AwsFault): AwsAnswer {
  const space = OF_THE_FRAMEWORK.has(name) ? 'com.amazon.coral.service' : 'com.amazonaws.sqs';
  return {
    status,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-query-error': `${QUERY_CODES[name] ?? name};${status < 500 ? 'Sender' : 'Receiver'}`,
    },
    body: JSON.stringify({ __type: `${space}#${name}`, message }),
  };
}

/** One entry's fault within a batch that as such went well. */
export function failedEntry(id: string, { name, message }: AwsFault) {
  return { Id: id, SenderFault: true, Code: QUERY_CODES[name] ?? name, Message: message };
}

export function invalidValue(message: string): AwsFault {
  return new AwsFault('InvalidParameterValueException', message);
}
