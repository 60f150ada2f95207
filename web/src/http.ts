import type { Tokens } from './tokens.ts';

export interface Call {
  readonly method?: 'PUT' | 'POST';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the HTTP API and rejects with a sentence when it cannot be reached. */
export async function callHttp(http: string, path: string, call: Call = {}): Promise<Response> {
  const { method, body, headers } = call;
  const init: RequestInit = {
    method: method ?? 'GET',
    headers: { ...headers, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  };
  return fetch(`${http.replace(/\/$/, '')}${path}`, init).catch(() => {
    throw new Error('The HTTP API cannot be reached.');
  });
}

/** The same as a user, whose token may have expired since it was taken. */
export async function callAs(
  tokens: Tokens,
  http: string,
  path: string,
  call: Call = {},
): Promise<Response> {
  const once = async () => {
    const Authorization = `Bearer ${await tokens.get()}`;
    return callHttp(http, path, { ...call, headers: { ...call.headers, Authorization } });
  };
  const answer = await once();
  if (answer.status !== 401) return answer;
  // Expired or revoked: a new one is worth exactly one more try.
  tokens.forget();
  return once();
}

/** What an answer other than 200 says, as an error with a sentence for people. */
export async function refusalOf(answer: Response): Promise<Error> {
  if (answer.status === 401) return new Error('The token is not accepted, a new one neither.');
  const { code, message } = Object(await answer.json().catch(() => undefined));
  // Without a code it is the gateway that speaks, in two words.
  if (code) return new Error(message);
  return new Error(`The HTTP API answers ${answer.status}${message ? `: ${message}` : ''}.`);
}
