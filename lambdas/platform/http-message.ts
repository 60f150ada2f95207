import type * as z from 'zod/mini';
import type { HttpFailure } from '../../contract/http.ts';
import { FRAME_BYTES } from '../../contract/limits.ts';
import { Refusal, refusals, sentence } from '../../contract/refusals.ts';
import { isTooDeep } from '../../rules/json.ts';
import { logDefect } from './log.ts';
import { readShape } from './read-shape.ts';

/** What every event of an HTTP API (payload 2.0) brings, as far as we read it. */
export interface HttpMessage {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** HTTP APIs hand header names on in lower case. */
export const header = ({ headers }: HttpMessage, name: string): string | undefined =>
  headers[name.toLowerCase()];

/** The body as this shape has it, whatever its content type says. Refuses `too-large` and `malformed`. */
export function readBody<Request>(
  message: HttpMessage,
  shape: z.ZodMiniType<Request>,
  most: number = FRAME_BYTES,
): Request {
  const { body, isBase64Encoded } = message;
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : (body ?? '{}');
  if (Buffer.byteLength(text) > most) throw new Refusal('too-large');
  if (isTooDeep(text)) throw new Refusal('malformed');
  return readShape(parse(text), shape);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('malformed');
  }
}

/** How an operation words what is not said as by all others. */
export interface Wording<Answer> {
  /** @default 200 */
  statusOf?(answer: Answer): number;
  /** @default as it is */
  tell?(failure: HttpFailure): object;
}

/**
 * Runs and encodes. A refusal becomes its documented status; anything else is logged once and becomes a
 * 500 that tells nothing. A string that `run` gives is JSON text already.
 */
export async function answering<Answer extends object | string>(
  operation: string,
  run: () => Promise<Answer>,
  { statusOf = () => 200, tell = (failure) => failure }: Wording<Answer> = {},
): Promise<HttpAnswer> {
  try {
    const answer = await run();
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return reply(statusOf(answer), body);
  } catch (fault) {
    if (fault instanceof Refusal) return refuse(fault, tell);
    logDefect('operation.failed', fault, { operation });
    return reply(
      500,
      JSON.stringify(tell({ code: 'internal', message: 'Something failed here.' })),
    );
  }
}

function refuse(refusal: Refusal, tell: (failure: HttpFailure) => object): HttpAnswer {
  const { code, retryAfter } = refusal;
  const body = JSON.stringify(tell({ code, message: sentence(refusal) }));
  return reply(refusals[code].status, body, {
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  });
}

const reply = (
  statusCode: number,
  body: string,
  more: Readonly<Record<string, string>> = {},
): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...more },
  body,
});
