import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { URL_CHARACTERS } from './limits.ts';

export type Single = Readonly<Record<string, string>>;
type Multi = Readonly<Record<string, readonly string[]>>;

/** What a client sent to open a socket, as Lambda events show it. */
export interface UpgradeRequest {
  /** As received, in the client's spelling, with the gateway's own headers added. */
  readonly headers: Multi;
  /** Undefined without a query string. */
  readonly query: Multi | undefined;
  readonly host: string;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
}

const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;
/** Hop-by-hop headers: an authorizer sees them (restored by its event), `$connect` does not. */
const HOP_BY_HOP = new Set(['connection', 'upgrade']);

/** What is wrong with a request as a WebSocket handshake, and the status that says so. */
export function findMalformed({
  method,
  url = '',
  headers,
}: IncomingMessage): { readonly status: number; readonly why: string } | undefined {
  const { host = '' } = headers;
  if (`wss://${host}${url}`.length > URL_CHARACTERS) {
    return { status: 414, why: `the URL is longer than ${URL_CHARACTERS} characters` };
  }
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') {
    return { status: 426, why: 'the request asks for no WebSocket' };
  }
  if (
    headers['sec-websocket-version'] !== '13' ||
    !WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? '')
  ) {
    return {
      status: 400,
      why: 'Sec-WebSocket-Key or Sec-WebSocket-Version is not that of RFC 6455',
    };
  }
  return undefined;
}

/** Reads a handshake as events show it. */
export function readUpgradeRequest(request: IncomingMessage, now: number): UpgradeRequest {
  const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const headers = readHeaders(request.rawHeaders);
  addTo(headers, 'X-Amzn-Trace-Id', newTraceId(now));
  const forwardedFor = request.headers['x-forwarded-for'];
  set(headers, 'X-Forwarded-For', forwardedFor ? `${forwardedFor}, ${sourceIp}` : sourceIp);
  // The client of a deployed API always comes by TLS; functions see here what they see there.
  set(headers, 'X-Forwarded-Port', '443');
  set(headers, 'X-Forwarded-Proto', 'https');
  return {
    headers: sorted(headers),
    query: readQuery(request.url ?? ''),
    host: request.headers.host ?? '',
    sourceIp,
    userAgent: request.headers['user-agent'],
  };
}

/** The last value of each name, which is the one that API Gateway's single-valued maps hold. */
export function lastValues(multi: Multi): Single {
  return Object.fromEntries(
    Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']),
  );
}

type Headers = Map<string, { name: string; values: string[] }>;

function readHeaders(raw: readonly string[]): Headers {
  const headers: Headers = new Map();
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) addTo(headers, name, raw[at + 1] ?? '');
  }
  return headers;
}

function addTo(headers: Headers, name: string, value: string): void {
  const known = headers.get(name.toLowerCase());
  if (known) known.values.push(value);
  else set(headers, name, value);
}

function set(headers: Headers, name: string, value: string): void {
  headers.set(name.toLowerCase(), { name, values: [value] });
}

function sorted(headers: Headers): Multi {
  const entries = [...headers.values()].map(({ name, values }) => [name, values] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readQuery(url: string): Multi | undefined {
  const mark = url.indexOf('?');
  if (mark < 0 || mark === url.length - 1) return undefined;
  const parameters = new URLSearchParams(url.slice(mark + 1));
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]),
  );
}

function newTraceId(now: number): string {
  const seconds = Math.floor(now / 1_000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
}
