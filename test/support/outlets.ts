import type { AnonymousEvent } from '../../lambdas/platform/anonymous-edge.ts';
import type { HttpAnswer } from '../../lambdas/platform/http-message.ts';

/** A handler of an HTTP outlet, called as the gateway calls it. */
export type Outlet = (event: AnonymousEvent) => Promise<HttpAnswer>;

export interface OutletAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  readonly body: any;
}

export interface OutletOptions {
  readonly address?: string;
  readonly now?: number;
  readonly contentType?: string;
  readonly base64?: boolean;
}

export async function callOutlet(
  outlet: Outlet,
  body: unknown,
  { address = freshAddress(), now = Date.now(), contentType, base64 = false }: OutletOptions = {},
): Promise<OutletAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const sent = base64 ? Buffer.from(text).toString('base64') : text;
  const answer = await outlet({
    headers: { 'content-type': contentType ?? 'application/json' },
    ...(body !== undefined && { body: sent }),
    isBase64Encoded: base64,
    requestContext: { timeEpoch: now, http: { sourceIp: address } },
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: JSON.parse(answer.body),
  };
}

let given = 0;

/** An address that no other test calls from: each has tries of its own. */
export function freshAddress(): string {
  given += 1;
  return `10.${(given >> 16) & 255}.${(given >> 8) & 255}.${given & 255}`;
}
