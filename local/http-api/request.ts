import type { IncomingMessage } from 'node:http';

/** One HTTP request, read to its end. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  /** By lower-case name, as Node has them. */
  readonly headers: IncomingMessage['headers'];
  /** By lower-case name; values that were sent apart are joined by commas. */
  readonly joinedHeaders: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly protocol: string;
  readonly sourceIp: string;
  readonly body: Buffer;
}

const LARGEST_BODY = 10 * 1024 * 1024;
const LARGEST_HEADERS = 10 * 1024;

/** Reads a request; undefined when its body is larger than an HTTP API takes (10 MB). */
export async function readRequest(message: IncomingMessage): Promise<HttpRequest | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is read all the same, and dropped: a client that still sends does not hear an answer.
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  if (length > LARGEST_BODY) return undefined;
  const { method = '', url = '', headers, headersDistinct, httpVersion, socket } = message;
  const [path = '', ...query] = url.split('?');
  const rawQuery = query.join('?');
  const { cookie = [], ...distinct } = headersDistinct;
  return {
    method,
    url,
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers,
    joinedHeaders: Object.fromEntries(
      Object.entries(distinct).map(([name, values]) => [name, (values ?? []).join(',')]),
    ),
    cookies: cookie.flatMap((line) => line.split(/; */)).filter(Boolean),
    protocol: `HTTP/${httpVersion}`,
    sourceIp: socket.remoteAddress ?? '127.0.0.1',
    body: Buffer.concat(chunks),
  };
}

/** More bytes of headers, request line included, than an HTTP API takes (10,240). */
export function hasTooLargeHeaders({ rawHeaders, url = '' }: IncomingMessage): boolean {
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, url.length) > LARGEST_HEADERS;
}
