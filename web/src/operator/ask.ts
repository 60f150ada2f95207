/** The operator's API beside this page. Every call rejects with a sentence. */

const OPERATOR = '/operator';

export const ask = <Answer>(path: string): Promise<Answer> => call(`${OPERATOR}${path}`);

/** Changes something: refused unless the operator has switched to operate. */
export const act = <Answer>(path: string, body: object): Promise<Answer> =>
  call(`${OPERATOR}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-operate': 'yes' },
    body: JSON.stringify(body),
  });

/** What belongs to the stage alone. */
export const askStage = <Answer>(path: string): Promise<Answer> => call(path);

export const changeStage = <Answer>(
  method: 'POST' | 'DELETE',
  path: string,
  body: object = {},
): Promise<Answer> =>
  call(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(path, { cache: 'no-store', ...init }).catch(() => {
    throw new Error('The console does not answer: is it still running?');
  });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body as Answer;
  throw new Error(body.message ?? `The console answers ${answer.status}.`);
}
