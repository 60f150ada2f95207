import { AwsFault } from '../service.ts';

/** The members of one request. */
export type Input = Readonly<Record<string, unknown>>;

/** The request's JSON object. Throws a SerializationException for anything else. */
export function readInput(body: Buffer): Input {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.length === 0 ? '{}' : body.toString('utf8'));
  } catch {
    throw new AwsFault('SerializationException', 'The request body is not JSON.');
  }
  if (!isObject(parsed)) {
    throw new AwsFault('SerializationException', 'The request body is not a JSON object.');
  }
  return parsed;
}

export function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string member of that name; undefined when it is left out. */
export function text(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') {
    throw new AwsFault('SerializationException', `${name} is not a string.`);
  }
  return value;
}

/** The string member of that name. Throws an InvalidParameterException when it is left out or empty. */
export function required(input: Input, name: string): string {
  const value = text(input, name);
  if (value) return value;
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  const wish = value === undefined ? 'not be null' : 'have length greater than or equal to 1';
  throw invalidParameter(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${wish}`,
  );
}

/** The map member of that name (`AuthParameters`, `ChallengeResponses`); empty when it is left out. */
export function map(input: Input, name: string): Input {
  const value = input[name] ?? {};
  if (!isObject(value)) throw new AwsFault('SerializationException', `${name} is not a map.`);
  return value;
}

/** The entry of a map that a flow needs. Throws an InvalidParameterException when it is missing. */
export function parameter(parameters: Input, name: string): string {
  const value = text(parameters, name);
  if (!value) throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

export function invalidParameter(message: string): AwsFault {
  return new AwsFault('InvalidParameterException', message);
}

/** Cognito answers 400 for it, although its model says 403. */
export function notAuthorized(message: string): AwsFault {
  return new AwsFault('NotAuthorizedException', message);
}

export function notFound(message: string): AwsFault {
  return new AwsFault('ResourceNotFoundException', message);
}
