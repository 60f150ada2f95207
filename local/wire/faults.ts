import { type AwsAnswer, AwsFault } from '../service.ts';
import { headerOf, type SignedRequest } from './canonical-request.ts';

/** What the door itself refuses. The JSON protocols send these as 400, from the framework's own name space. */
const ofTheDoor = new Set([
  'AccessDeniedException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

/** A fault in the dialect of the service that was called; `service` is empty while it is not known. */
export function answerFault(
  fault: AwsFault,
  request: Pick<SignedRequest, 'headers'>,
  service: string,
): AwsAnswer {
  return headerOf(request, 'x-amz-target') === ''
    ? restFault(fault, service)
    : jsonFault(fault, headerOf(request, 'content-type'), service);
}

function restFault(fault: AwsFault, service: string): AwsAnswer {
  const text = fault.name === 'AccessDeniedException' ? 'Message' : 'message';
  return {
    status: fault.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': fault.name },
    body: JSON.stringify({
      ...(service === 'lambda' ? { Type: fault.status < 500 ? 'User' : 'Service' } : {}),
      [text]: fault.message,
    }),
  };
}

function jsonFault(fault: AwsFault, contentType: string, service: string): AwsAnswer {
  const atTheDoor = ofTheDoor.has(fault.name);
  // DynamoDB writes this one text with a capital letter; SDKs read both.
  const text = fault.name === 'AccessDeniedException' ? 'Message' : 'message';
  return {
    status: atTheDoor ? 400 : fault.status,
    headers: {
      'content-type': contentType,
      // Cognito alone repeats the name in a header, for browsers.
      ...(service === 'cognito-idp' ? { 'x-amzn-errortype': `${fault.name}:` } : {}),
    },
    body: JSON.stringify({
      __type: atTheDoor ? `com.amazon.coral.service#${fault.name}` : fault.name,
      ...(fault.message === '' ? {} : { [text]: fault.message }),
    }),
  };
}

/** The name of the fault that an answer carries; `ok` when it carries none. */
export function outcomeOf({ status, headers, body }: AwsAnswer): string {
  if (status < 400) return 'ok';
  const named =
    headers?.['x-amzn-errortype'] ?? /"__type":\s*"(?:[^"#]*#)?([^"]+)"/.exec(String(body))?.[1];
  return named?.replace(/:.*/, '') ?? String(status);
}

/** What a caller learns of a defect of the stage: that there was one. */
export const internalFailure = new AwsFault('InternalFailure', '', 500);
