import { randomBytes, randomUUID } from 'node:crypto';
import type { HttpRequest } from './request.ts';

/** What an event says beyond the request itself. */
interface Occasion {
  readonly account: string;
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** `requestContext.authorizer`; absent for an open route. */
  readonly identity: object | undefined;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** These bodies travel as text, all others as base64, forms included. */
const TEXT_TYPE = /^(?:text\/.*|application\/(?:json|xml|javascript))$/i;

/** Headers between two neighbours: they end at the gateway. */
const OF_THE_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** The event of payload format 2.0. */
export function toEvent(request: HttpRequest, occasion: Occasion) {
  const { path, rawQuery, cookies, body } = request;
  const { routeKey, stageVariables, pathParameters, now } = occasion;
  const headers = toHeaders(request, now);
  const query = joinQuery(request.query);
  const isText = TEXT_TYPE.test((headers['content-type'] ?? '').split(';')[0]?.trim() ?? '');
  const host = headers.host ?? '';
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: rawQuery,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(isFilled(query) && { queryStringParameters: query }),
    requestContext: {
      accountId: occasion.account,
      apiId: occasion.apiId,
      ...(occasion.identity && { authorizer: occasion.identity }),
      domainName: host,
      domainPrefix: occasion.apiId,
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: occasion.requestId,
      routeKey,
      stage: occasion.stage,
      time: commonLogTime(now),
      timeEpoch: now,
    },
    ...(isFilled(pathParameters) && { pathParameters }),
    ...(isFilled(stageVariables) && { stageVariables }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** The shape of the gateway's ids: `Mc7UVioPPHcEKPA=`. */
export function makeRequestId(): string {
  return randomBytes(11).toString('base64');
}

/** As the gateway hands them on, with those that it adds. */
function toHeaders(request: HttpRequest, now: number): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(request.joinedHeaders).filter(([name]) => !OF_THE_HOP.has(name)),
  );
  const port = /:(\d+)$/.exec(kept.host ?? '')?.[1] ?? '80';
  const epoch = Math.floor(now / 1000).toString(16);
  return {
    'content-length': String(request.body.length),
    ...kept,
    'x-amzn-trace-id': `Root=1-${epoch}-${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    'x-forwarded-for': [kept['x-forwarded-for'], request.sourceIp].filter(Boolean).join(', '),
    'x-forwarded-port': port,
    'x-forwarded-proto': 'http',
  };
}

function joinQuery(query: URLSearchParams): Record<string, string> {
  const names = new Set(query.keys());
  return Object.fromEntries([...names].map((name) => [name, query.getAll(name).join(',')]));
}

function isFilled(record: object): boolean {
  return Object.keys(record).length > 0;
}

/** `20/Nov/2026:12:33:42 +0000`. */
function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
