import { DIRECT_MESSAGES_SCOPE } from '../../contract/direct-message.ts';
import type { FunctionName } from '../../contract/functions.ts';
import { topicKey } from '../../contract/tables.ts';
import { petStoreEntries } from '../../sample/pet-store/stack.ts';
import { somebody } from './stub-aws.ts';

const { connectionId, session, topic } = somebody;
const now = Date.parse('2026-01-01T00:00:00.000Z');
const identity = { sourceIp: '192.0.2.1' };
const socketEvent = (body?: object) => ({
  requestContext: { connectionId, requestTimeEpoch: now, identity },
  ...(body && { body: JSON.stringify(body) }),
});
const queueEvent = (message: object) => ({
  Records: [{ messageId: 'one', body: JSON.stringify(message) }],
});
const streamEvent = (Keys: object, NewImage: object) => ({
  Records: [
    {
      dynamodb: {
        ApproximateCreationDateTime: now / 1000,
        SequenceNumber: '100000000000000000001',
        Keys,
        NewImage,
      },
    },
  ],
});
const httpEvent = (body?: object, query?: object) => ({
  headers: {},
  pathParameters: { petId: 'rex', messageId: 'one' },
  ...(body && { body: JSON.stringify(body) }),
  ...(query && { queryStringParameters: query }),
  requestContext: {
    timeEpoch: now,
    http: { sourceIp: '127.0.0.1', method: query ? 'GET' : 'POST' },
    authorizer: {
      jwt: {
        claims: {
          ...{ sub: session.userId, exp: '9999999999', token_use: 'access' },
          scope: DIRECT_MESSAGES_SCOPE,
        },
      },
    },
  },
});

const playerKey = { player: { S: 'default#somebody' }, item: { S: 'session#tab' } };
const code = '0000-0000-0000-0000';
const messageKey = { topic: { S: topicKey(session.tenant, topic) }, id: { S: 'one' } };

const message = {
  ...messageKey,
  payload: { S: '{"price":1}' },
  at: { S: new Date(now).toISOString() },
  ttl: { N: '1767250000' },
  topics: { L: [{ S: topic }] },
};

const admission = {
  ...session,
  ...{ expiresAt: '9999999999', issuedAt: '1', scopes: '', accepts: '' },
};
const atDoor = { methodArn: 'arn', requestContext: { requestTimeEpoch: now, identity } };

/** What each function is woken by, most commonly. Whatever it is, its first call to AWS is in it. */
export const firstCalls: { readonly [Name in FunctionName]: object } = {
  connect: socketEvent(),
  disconnect: socketEvent(),
  enter: { requestContext: { ...socketEvent().requestContext, authorizer: admission } },
  'ticket-door': { ...atDoor, queryStringParameters: { ticket: 'none' } },
  'sub-protocol-door': { ...atDoor, headers: { 'Sec-WebSocket-Protocol': 'switchboard' } },
  ticket: httpEvent({ sessionId: 'tab' }),
  default: socketEvent({ type: 'ping' }),
  'read-notifications': httpEvent({ cursors: [{ topic, epoch: null, seq: 0 }] }),
  'read-payload': httpEvent(undefined, { topic, id: 'none' }),
  'fan-out': streamEvent(messageKey, message),
  express: queueEvent({ tenant: session.tenant, topics: [topic], id: 'one' }),
  delivery: queueEvent({
    topic: topicKey(session.tenant, topic),
    messages: [{ id: 'm', epoch: 'e' }],
    routes: [],
  }),
  'session-stream': streamEvent(playerKey, { ...playerKey, state: { S: 'live' } }),
  'session-check': queueEvent(session),
  reaper: queueEvent({ connectionId, tries: 0 }),
  sweep: {},
  redrive: queueEvent({ DDBStreamBatchInfo: { batchSize: 1 } }),
  'notification-bridge': streamEvent(messageKey, message),
  'bridge-events': queueEvent({
    ...{ id: 'one', source: 'bench', tenant: session.tenant },
    ...{ topics: [topic], payload: {} },
  }),
  'parked-events': queueEvent({ source: 'bench', type: 'Bench', detail: '{}' }),
  'send-message': httpEvent({ to: { connectionIds: [connectionId] }, message: {} }),
  'read-message': httpEvent(undefined, {}),
  'message-pages': queueEvent({ id: 'one', page: '1', frame: '{}', recipients: [] }),
  'sign-in': httpEvent({ userName: 'somebody', password: 'secret' }),
  'sign-up': httpEvent({ userName: 'somebody', password: 'Secret-Secret-1', inviteCode: code }),
  'access-token': httpEvent({ refreshToken: 'refresh' }),
  'sign-out': httpEvent({ refreshToken: 'refresh' }),
  'validate-invitation': httpEvent({ inviteCode: code }),
  'generate-invitation': {},
  'connection-manager': { action: 'get_user_connections', userId: session.userId },
  'drop-connection': { connectionId },
  revoke: { userId: session.userId, sessionId: session.sessionId },
  'check-session': { userId: session.userId, sessionId: session.sessionId },
  'broadcast-event': { type: 'bench.begun', tournamentId: 'one', data: {} },
};

/** The sample's functions, as they are declared for the bundler. */
export const sampleCalls: ReadonlyMap<string, object> = new Map(
  petStoreEntries.map((entry) => [entry, httpEvent({ version: 1 })]),
);

/** What most sockets say first. */
export const authenticateCall = (token: string): object =>
  socketEvent({ action: 'authenticate', v: 1, token, sessionId: session.sessionId });
