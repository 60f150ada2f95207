/** What the gateway writes back to the client. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** The gateway's own answers; nothing from inside a function ever shows in them. */
export const NOT_FOUND = refusal(404, 'Not Found');
export const TOO_LARGE = refusal(413, 'Request Entity Too Large');
export const TOO_MANY_REQUESTS = refusal(429, 'Too Many Requests');
export const HEADERS_TOO_LARGE = refusal(431, 'Request Header Fields Too Large');
export const INTERNAL_ERROR = refusal(500, 'Internal Server Error');
export const UNAVAILABLE = refusal(503, 'Service Unavailable');

/** A missing or refused token. The challenge says why, as RFC 6750 has it. */
export function unauthorized(challenge: string): Reply {
  return refusal(401, 'Unauthorized', { 'www-authenticate': challenge });
}

/** A caller who is known, but may not do this. */
export function forbidden(challenge?: string): Reply {
  return refusal(403, 'Forbidden', challenge ? { 'www-authenticate': challenge } : {});
}

function refusal(status: number, message: string, headers: Reply['headers'] = {}): Reply {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { ...headers, 'content-type': 'application/json' }, cookies: [], body };
}

/**
 * What a function's payload means in format 2.0. A text instead of a reply says what is wrong with its
 * shape; the gateway then answers 500.
 */
export function readReply(payload: string): Reply | string {
  const answer = parse(payload);
  if (answer === undefined) return 'the function returned no JSON';
  if (!isObject(answer) || answer.statusCode === undefined) return inferReply(answer);
  const { statusCode, headers, cookies, body, isBase64Encoded } = answer;
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    return 'the function returned no statusCode between 200 and 599';
  }
  if (body !== undefined && body !== null && typeof body !== 'string') {
    return 'the function returned a body that is not a string; JSON.stringify it';
  }
  const read = readHeaders(headers ?? {});
  if (!read) return 'the function returned headers that are not an object of strings';
  if (cookies !== undefined && !isListOfTexts(cookies)) {
    return 'the function returned cookies that are not a list of strings';
  }
  return {
    status,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...read },
    cookies: cookies ?? [],
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Any JSON without a statusCode is the body itself. */
function inferReply(answer: unknown): Reply {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, cookies: [], body: Buffer.from(body) };
}

function readHeaders(headers: unknown): Record<string, string> | undefined {
  if (!isObject(headers)) return undefined;
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
    read[name.toLowerCase()] = String(value);
  }
  return read;
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
