import type { Received, Taken } from './inbox.ts';

type Referring = Extract<Taken, { reference: unknown }>;

/**
 * The message with its payload; undefined when that is there no more, however often it is asked for.
 * Rejects where trying again may help.
 */
export type Fetcher = (message: Referring) => Promise<Received | undefined>;

export interface FetcherOptions {
  readonly getToken: () => string | Promise<string>;
  readonly tenant?: string;
  readonly fetch: typeof fetch;
  /** Once for each message that is there no more. */
  gone(message: Referring): void;
}

const ANSWER_WITHIN_MS = 30_000;
/** Follows references. However many wait for the same one, it is fetched once. */
export function createFetcher({ getToken, tenant, fetch: send, gone }: FetcherOptions): Fetcher {
  const fetching = new WeakMap<Referring, ReturnType<Fetcher>>();

  const follow: Fetcher = async (message) => {
    const { reference, ...about } = message;
    const answer = await send(reference.href, {
      headers: {
        authorization: `Bearer ${await getToken()}`,
        ...(tenant !== undefined && { 'x-tenant': tenant }),
      },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (answer.ok) return { ...about, payload: (await answer.json()).payload };
    if (answer.status !== 404) throw new Error(`The answer was ${answer.status}.`);
    gone(message);
    return undefined;
  };

  return (message) => {
    const its = fetching.get(message) ?? follow(message);
    fetching.set(message, its);
    its.catch(() => fetching.delete(message));
    return its;
  };
}
