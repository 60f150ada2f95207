import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answer, GUARDED, UNCACHED } from './answer.ts';
import { Refusal } from './own-page.ts';

/**
 * Lets in who knows the address that the terminal showed, and nobody else at this machine: the key in it becomes a
 * cookie of that browser.
 */
export interface Lock {
  /** What the address ends with. */
  readonly query: string;
  /** The way on for who comes with the key; undefined for who has the cookie. Throws a {@link Refusal} for others. */
  open(request: IncomingMessage, url: URL): Answer | undefined;
}

export function createLock(): Lock {
  const key = randomBytes(24).toString('base64url');
  // Cookies know no ports: two consoles beside each other have one each by its name.
  const name = `console-${hash('sha256', key).slice(0, 8)}`;
  return {
    query: `?key=${key}`,
    open({ headers, method }, url) {
      if (method === 'GET' && isSame(url.searchParams.get('key') ?? '', key)) {
        const cookie = `${name}=${key}; HttpOnly; SameSite=Strict; Path=/`;
        const way = { location: url.pathname, 'set-cookie': cookie };
        return { status: 303, headers: { ...GUARDED, ...UNCACHED, ...way }, body: '' };
      }
      const cookies = (headers.cookie ?? '').split('; ');
      if (cookies.some((each) => isSame(each, `${name}=${key}`))) return undefined;
      throw new Refusal(401, 'Open the address that the terminal shows: its key lets you in.');
    },
  };
}

/** Takes as long for every text of the same length. */
function isSame(one: string, other: string): boolean {
  const [bytes, others] = [Buffer.from(one), Buffer.from(other)];
  return bytes.length === others.length && timingSafeEqual(bytes, others);
}
