import { PASSWORD_CHARACTERS, PASSWORD_LEAST_CHARACTERS } from './limits.ts';

/**
 * Every way a caller is refused: a closed list. The status is HTTP's where AWS lets us choose one and
 * stands in the refusal frame where it does not. The sentences go to the outside: they hold nothing
 * about the inside.
 */
export const refusals = {
  malformed: { status: 400, message: 'This is not a message that the protocol knows.' },
  'unknown-action': { status: 400, message: 'There is no such action.' },
  'unsupported-version': { status: 400, message: 'This protocol version is not spoken here.' },
  'topic-invalid': {
    status: 400,
    message:
      'A topic is 1 to 256 characters: segments of letters, digits, "_", "-", ".", "~" or ":", parted by "/".',
  },
  'session-id-invalid': {
    status: 400,
    message: 'A session id is 1 to 128 characters: letters, digits, "_", "-", "." or "~".',
  },
  'cursor-invalid': { status: 400, message: 'A cursor is {topic, epoch, seq}, once per topic.' },
  'tenant-needed': {
    status: 400,
    message: 'You belong to several tenants: name the one that you mean.',
  },
  'not-authenticated': { status: 401, message: 'Authenticate first.' },
  'token-invalid': { status: 401, message: 'The token is not valid here.' },
  'token-expired': { status: 401, message: 'The token has expired: authenticate with a new one.' },
  'access-revoked': { status: 401, message: 'Your access was revoked: sign in again.' },
  'session-over': {
    status: 401,
    message: 'This connection no longer belongs to its session: connect again.',
  },
  'sign-in-refused': { status: 401, message: 'User name or password is not right.' },
  'refresh-refused': {
    status: 401,
    message: 'The refresh token is no longer good: sign in again.',
  },
  'tenant-not-allowed': { status: 403, message: 'You do not belong to that tenant.' },
  'topic-not-allowed': { status: 403, message: 'No rule opens this topic to you.' },
  'address-not-allowed': { status: 403, message: 'Nobody may connect from this address.' },
  'origin-not-allowed': { status: 403, message: 'This page may not connect.' },
  'scope-needed': { status: 403, message: 'Your token does not have the scope for this.' },
  'not-found': { status: 404, message: 'There is no such thing.' },
  'already-authenticated': {
    status: 409,
    message: 'This connection already belongs to a session: open another one.',
  },
  'invitation-invalid': { status: 404, message: 'This invitation is not valid (any more).' },
  'invitation-in-use': {
    status: 409,
    message: 'Somebody is signing up with this invitation right now: try again in a minute.',
  },
  'user-name-invalid': {
    status: 400,
    message:
      'A user name is 1 to 128 letters, digits, punctuation marks and symbols, without spaces.',
  },
  'user-name-taken': { status: 409, message: 'This user name is taken: choose another one.' },
  'password-invalid': {
    status: 400,
    message: `A password has ${PASSWORD_LEAST_CHARACTERS} to ${PASSWORD_CHARACTERS} characters: small and capital letters, digits and symbols among them, and no space at either end.`,
  },
  'id-taken': {
    status: 409,
    message: 'A message of that id has been sent already, and it was another one.',
  },
  'still-sending': {
    status: 409,
    message: 'The same message is being sent at this moment: ask again in a while.',
  },
  'lost-race': { status: 409, message: 'Somebody else changed it first: read it again.' },
  'connection-gone': { status: 410, message: 'This connection has already left: connect again.' },
  'too-large': { status: 413, message: 'That is more than may be sent at once.' },
  'too-many-sessions': { status: 429, message: 'This user has as many sessions as are allowed.' },
  'too-many-connections': {
    status: 429,
    message: 'This session has as many connections as are allowed.',
  },
  'too-many-subscriptions': {
    status: 429,
    message: 'This session has as many subscriptions as are allowed.',
  },
  'too-many-messages': { status: 429, message: 'Too many messages: wait a moment.' },
  'too-many-tries': { status: 429, message: 'Too many tries: wait a moment.' },
  'transition-illegal': {
    status: 409,
    message: 'A connection in this state cannot come to that one.',
  },
  'answer-too-large': {
    status: 413,
    message: 'The whole answer is more than one invocation carries: ask for it in pages.',
  },
  busy: { status: 503, message: 'Too much at once: try again in a moment.' },
  'sign-up-unfinished': {
    status: 503,
    message:
      'Your account could not be finished. Your invitation is still good: try again in a minute.',
  },
} as const satisfies Record<string, { status: number; message: string }>;

export type RefusalCode = keyof typeof refusals;

/** A caller's fault, on its way to the one translator at the edge. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** Says more, in words for the outside: the limit, the offending topic. */
  readonly detail: string | undefined;
  /** Seconds after which trying again makes sense, where that is known. */
  readonly retryAfter: number | undefined;
  constructor(code: RefusalCode, detail?: string, retryAfter?: number) {
    super(code);
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

/** What the caller reads. */
export const sentence = ({ code, detail }: Refusal): string =>
  detail ? `${refusals[code].message} ${detail}` : refusals[code].message;
