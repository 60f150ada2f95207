import type { ServerResponse } from 'node:http';

/** One finished answer of the console. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** An answer that goes on until somebody ends it. */
export interface Streamed {
  stream(response: ServerResponse): void;
}

/** On every answer: nothing is guessed, framed or told to others. */
export const GUARDED = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export const UNCACHED = { 'cache-control': 'no-store' } as const;

export function json(content: unknown, status = 200): Answer {
  const headers = { ...GUARDED, ...UNCACHED, 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(content) };
}

/** A refusal that the page can show as it is. */
export function sentence(status: number, message: string): Answer {
  return json({ message }, status);
}
