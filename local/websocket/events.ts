import type { Close } from './closes.ts';
import { lastValues, type Single, type UpgradeRequest } from './upgrade-request.ts';

/** What stays the same in every event of one connection. */
export interface Client {
  readonly connectionId: string;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
  readonly apiId: string;
  readonly stage: string;
  /** The host that the client addressed. */
  readonly host: string;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  /** Present when a Lambda authorizer let the client in. */
  readonly authorizer?: Readonly<Record<string, string | number>>;
  /** Whoever signed the handshake, where the route asks for that: shown beside the address. */
  readonly signer?: Readonly<Record<string, string>>;
}

/** What is new in each event. */
export interface Occasion {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The event of the `$connect` route. */
export function connectEvent(
  client: Client,
  request: UpgradeRequest,
  stageVariables: Single,
  occasion: Occasion,
) {
  return {
    headers: lastValues(request.headers),
    multiValueHeaders: request.headers,
    ...(request.query && {
      queryStringParameters: lastValues(request.query),
      multiValueQueryStringParameters: request.query,
    }),
    ...(Object.keys(stageVariables).length > 0 && { stageVariables }),
    requestContext: requestContext(client, occasion, '$connect', 'CONNECT'),
    isBase64Encoded: false,
  };
}

/** The event of a REQUEST authorizer: unlike `$connect`, it shows the hop-by-hop headers and empty maps. */
export function authorizerEvent(
  client: Client,
  request: UpgradeRequest,
  stageVariables: Single,
  methodArn: string,
  occasion: Occasion,
) {
  const multiValueHeaders = {
    Connection: ['upgrade'],
    'content-length': ['0'],
    ...request.headers,
    Upgrade: ['websocket'],
  };
  const query = request.query ?? {};
  return {
    type: 'REQUEST',
    methodArn,
    headers: lastValues(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: lastValues(query),
    multiValueQueryStringParameters: query,
    stageVariables,
    requestContext: requestContext(client, occasion, '$connect', 'CONNECT'),
  };
}

/** The event of a message's route: three keys, no headers, no query. */
export function messageEvent(
  client: Client,
  message: { readonly routeKey: string; readonly messageId: string; readonly body: string },
  occasion: Occasion,
) {
  const { routeKey, messageId, body } = message;
  return {
    requestContext: requestContext(client, occasion, routeKey, 'MESSAGE', { messageId }),
    body,
    isBase64Encoded: false,
  };
}

/** The event of the `$disconnect` route, with the four odd headers that AWS sends. */
export function disconnectEvent(client: Client, close: Close, occasion: Occasion) {
  const headers = { Host: client.host, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    requestContext: requestContext(client, occasion, '$disconnect', 'DISCONNECT', {
      disconnectStatusCode: close.code,
      disconnectReason: close.reason,
    }),
    isBase64Encoded: false,
  };
}

function requestContext(
  client: Client,
  occasion: Occasion,
  routeKey: string,
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT',
  more: Readonly<Record<string, string | number>> = {},
) {
  const { authorizer, userAgent } = client;
  return {
    routeKey,
    ...(authorizer && { authorizer }),
    ...more,
    eventType,
    extendedRequestId: occasion.requestId,
    requestTime: commonLogTime(occasion.now),
    messageDirection: 'IN',
    stage: client.stage,
    connectedAt: client.connectedAt,
    requestTimeEpoch: occasion.now,
    identity: {
      ...client.signer,
      ...(userAgent !== undefined && { userAgent }),
      sourceIp: client.sourceIp,
    },
    requestId: occasion.requestId,
    domainName: client.host,
    connectionId: client.connectionId,
    apiId: client.apiId,
  };
}

/** `19/Feb/2024:07:11:42 +0000`. */
function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
