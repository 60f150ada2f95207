import type { FunctionName } from '../../contract/functions.ts';
import { topicKey } from '../../contract/tables.ts';
import { petStoreEntries } from '../../sample/pet-store/stack.ts';
import { somebody } from './stub-aws.ts';

const { connectionId, session, topic } = somebody;
const now = Date.parse('2026-01-01T00:00:00.000Z');
const socketEvent = (body?: object) => ({
  requestContext: { connectionId, requestTimeEpoch: now },
  ...(body && { body: JSON.stringify(body) }),
});
const queueEvent = (message: object) => ({
  Records: [{ messageId: 'one', body: JSON.stringify(message) }],
});
const streamEvent = (Keys: object, NewImage: object) => ({
  Records: [{ dynamodb: { SequenceNumber: '100000000000000000001', Keys, NewImage } }],
});
const httpEvent = (body?: object) => ({
  headers: {},
  pathParameters: { petId: 'rex' },
  ...(body && { body: JSON.stringify(body) }),
  requestContext: {
    timeEpoch: now,
    authorizer: {
      jwt: { claims: { sub: session.userId, exp: '9999999999', token_use: 'access' } },
    },
  },
});

const playerKey = { player: { S: 'default#somebody' }, item: { S: 'session#tab' } };
const messageKey = { topic: { S: topicKey(session.tenant, topic) }, id: { S: 'one' } };

/** What each function is woken by, most commonly. Whatever it is, its first call to AWS is in it. */
export const firstCalls: { readonly [Name in FunctionName]: object } = {
  connect: socketEvent(),
  disconnect: socketEvent(),
  default: socketEvent({ type: 'ping' }),
  'read-notifications': httpEvent({ cursors: [{ topic, epoch: null, seq: 0 }] }),
  'fan-out': streamEvent(messageKey, {
    ...messageKey,
    payload: { S: '{"price":1}' },
    at: { S: new Date(now).toISOString() },
    ttl: { N: '1767250000' },
    topics: { L: [{ S: topic }] },
  }),
  'session-stream': streamEvent(playerKey, { ...playerKey, state: { S: 'live' } }),
  'session-check': queueEvent(session),
  reaper: queueEvent({ connectionId, tries: 0 }),
  sweep: {},
};

/** The sample's functions, as they are declared for the bundler. */
export const sampleCalls: ReadonlyMap<string, object> = new Map(
  petStoreEntries.map((entry) => [entry, httpEvent({ version: 1 })]),
);

/** What most sockets say first. */
export const authenticateCall = (token: string): object =>
  socketEvent({ action: 'authenticate', v: 1, token, sessionId: session.sessionId });
