import type { IncomingMessage } from 'node:http';

/** A request that the console does not serve; the message is for the person who sees it. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const LARGEST_BODY = 64 * 1024;

/**
 * Throws a {@link Refusal} unless the request is the console's own page's. A name of somebody else's that
 * leads to this machine (DNS rebinding) is refused by the Host header, a form or script of another site
 * by Origin and content type.
 */
export function demandOwnPage({ method, headers }: IncomingMessage, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? '')) {
    throw new Refusal(421, `The console answers at ${hosts.join(' and ')} only.`);
  }
  if (method === 'GET' || method === 'HEAD') return;
  if (headers.origin !== `http://${headers.host}`) {
    throw new Refusal(403, `Only a page of http://${headers.host} may do this.`);
  }
  if (headers['content-type']?.split(';')[0]?.trim() !== 'application/json') {
    throw new Refusal(415, 'Send JSON with the content type application/json.');
  }
}

/** The members of the request's JSON object. */
export async function readJson(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>>> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    if (body.length <= LARGEST_BODY) body += chunk;
  }
  if (body.length > LARGEST_BODY) throw new Refusal(413, 'The request is too large.');
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed };
  } catch {
    // Refused below, like JSON that is no object.
  }
  throw new Refusal(400, 'The request is not a JSON object.');
}
