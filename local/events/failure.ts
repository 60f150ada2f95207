import { AwsFault } from '../service.ts';

/** Why a target did not take an event, in the words of a dead letter's attributes. */
export interface Failure {
  /** `NO_PERMISSIONS`, `NO_RESOURCE` … (D, EventBridge dead-letter queues). */
  readonly code: string;
  readonly message: string;
  /** No further try could change it: AWS tries again after 429 and 5xx only (D). */
  readonly isFinal: boolean;
}

const CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'NO_PERMISSIONS',
  ResourceNotFoundException: 'NO_RESOURCE',
  RoleNotAssumed: 'FAILED_TO_ASSUME_ROLE',
  InvalidRequestContentException: 'INVALID_JSON',
  TooManyRequestsException: 'THROTTLING',
};

export function failureOf(error: unknown): Failure {
  if (!(error instanceof AwsFault)) {
    return { code: 'INTERNAL_ERROR', message: String(error), isFinal: false };
  }
  const { name, message, status } = error;
  const isFinal = status < 500 && status !== 429;
  const otherwise = isFinal ? 'INVALID_PARAMETER' : 'ERROR_FROM_TARGET';
  return { code: CODES[name] ?? otherwise, message: message || name, isFinal };
}
