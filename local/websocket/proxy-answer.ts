import { isObject, parseJson } from './json.ts';

/** What a function behind a proxy integration answered. */
export interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/**
 * Reads the payload of a proxy integration. A text instead of an answer says what is wrong with its
 * shape; the gateway then treats the function as failed.
 */
export function readProxyAnswer(payload: string): ProxyAnswer | string {
  const answer = parseJson(payload);
  if (!isObject(answer)) return 'the function returned no object with a statusCode';
  const { statusCode, headers, body } = answer;
  // Texts of digits pass: AWS's own samples return them.
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    return 'the function returned no statusCode between 200 and 599';
  }
  if (body !== undefined && body !== null && typeof body !== 'string') {
    return 'the function returned a body that is not a string; JSON.stringify it';
  }
  if (headers !== undefined && headers !== null && !isObject(headers)) {
    return 'the function returned headers that are not an object';
  }
  return { statusCode: status, headers: { ...headers }, body: body ?? '' };
}
