import type { Door } from '../../contract/environment.ts';
import { AUTHENTICATE_ATTEMPTS } from '../../contract/limits.ts';
import {
  type Ack,
  type Action,
  type Authenticated,
  acceptable,
  type ClientMessage,
  type MessageOf,
  PROTOCOL_VERSION,
  type Refused,
  type Subscribed,
  type Unsubscribed,
} from '../../contract/protocol.ts';
import { Refusal, type RefusalCode, refusals } from '../../contract/refusals.ts';
import { demandCursors } from '../../rules/fill.ts';
import { fillsReply } from '../../rules/frames.ts';
import type { Identity } from '../../rules/identity.ts';
import type { Incoming } from '../../rules/message.ts';
import type { SessionLimits } from '../../rules/session.ts';
import { demandTopic, demandTopicName } from '../../rules/topic-policy.ts';
import { note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { countRefusal } from '../stores/connections.ts';
import { dropNotice } from '../stores/notices.ts';
import { type AdmitMessageReach, admitFromConnection, admitFromUser } from './admit-message.ts';
import { type AuthenticateReach, authenticate } from './authenticate.ts';
import { depart } from './depart.ts';
import { pong } from './pong.ts';
import { readMissed } from './read-missed.ts';
import { noteAcknowledged, type Speaker, speakerOf } from './speaker.ts';
import { subscribe } from './subscribe.ts';
import { unsubscribe } from './unsubscribe.ts';

export type AnswerReach = AuthenticateReach &
  AdmitMessageReach &
  Reaches<{
    subscriptions: 'batchGet' | 'update' | 'delete';
    notifications: 'batchGet' | 'query SeqIndex';
  }> & {
    readonly sockets: Sockets<'post' | 'get' | 'delete'>;
    readonly verify: (token: string, tenant?: string) => Promise<Identity>;
    readonly door: Door;
    /** @default - those of contract/limits.ts */
    readonly limits?: SessionLimits;
  };

interface Asked {
  readonly connectionId: string;
  readonly now: number;
}

/** The answer to a client's frame, as text; undefined when it has been given already and the socket closed. */
export async function answer(
  reach: AnswerReach,
  incoming: Incoming,
  asked: Asked,
): Promise<string | undefined> {
  try {
    switch (incoming.kind) {
      case 'refused':
        return refusedFrame(incoming.code, incoming);
      case 'ping':
        return JSON.stringify(await pong(reach, incoming.message, asked));
      case 'other':
        await admitFromConnection(reach, asked.connectionId, asked.now);
        if (reach.door !== 'none') await admittedSpeaker(reach, asked);
        return JSON.stringify(ack);
      case 'action':
        await admitFromConnection(reach, asked.connectionId, asked.now);
        return await act(reach, incoming.message, asked);
    }
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault;
    if (isTokenRefusal(fault.code)) measure({ RefusedTokens: 1 });
    const about = 'message' in incoming ? incoming.message : {};
    const frame = refusedFrame(fault.code, about, fault);
    return isAttempt(fault.code) && (await isLastAttempt(reach, asked))
      ? closeAfter(reach, frame, asked)
      : frame;
  }
}

/** [S4-02] */
const ack: Ack = { type: 'ack', message: 'Message received' };

function act(reach: AnswerReach, message: ClientMessage, asked: Asked): Promise<string> {
  if (reach.door === 'none') throw new Refusal('unknown-action', 'Here nobody authenticates.');
  if (message.action === 'authenticate') return answerAuthenticate(reach, message, asked);
  return answerSpeaker(reach, message, asked);
}

async function answerAuthenticate(
  reach: AnswerReach,
  { id, v, token, sessionId, tenant, replaces, accepts = [] }: MessageOf<'authenticate'>,
  { connectionId, now }: Asked,
): Promise<string> {
  if (v !== undefined && v !== PROTOCOL_VERSION) throw new Refusal('unsupported-version');
  const identity = await reach.verify(token, tenant);
  await admitFromUser(reach, identity, now);
  const request = {
    connectionId,
    sessionId,
    now,
    ...(replaces !== undefined && { replaces }),
    accepts: acceptable.filter((each) => accepts.includes(each)),
    ...(reach.limits && { limits: reach.limits }),
  };
  const { session, notice } = await authenticate(reach, identity, request);
  const { tenant: ownTenant, userId } = identity;
  if (notice) await dropNotice(reach, { tenant: ownTenant, userId, sessionId }, notice);
  note('session.bound', { tenant: ownTenant, userId, sessionId, connectionId, session });
  const reply: Authenticated = {
    type: 'authenticated',
    ...echo(id),
    v: PROTOCOL_VERSION,
    connectionId,
    userId: identity.userId,
    tenant: identity.tenant,
    sessionId,
    session,
    expiresAt: identity.expiresAt,
    ...(notice && { notice }),
  };
  return JSON.stringify(reply);
}

type SpeakersMessage = Exclude<ClientMessage, MessageOf<'authenticate'>>;

async function answerSpeaker(
  reach: AnswerReach,
  message: SpeakersMessage,
  asked: Asked,
): Promise<string> {
  const speaker = await admittedSpeaker(reach, asked);
  const run = answers[message.action] as Answer<SpeakersMessage>;
  return run(reach, speaker, message, asked.now);
}

async function admittedSpeaker(reach: AnswerReach, asked: Asked): Promise<Speaker> {
  const speaker = await speakerOf(reach, asked);
  await admitFromUser(reach, speaker.session, asked.now);
  return speaker;
}

type Answer<Message> = (
  reach: AnswerReach,
  speaker: Speaker,
  message: Message,
  now: number,
) => Promise<string>;

/** A message of the protocol without an answer here does not compile. */
const answers: { readonly [Name in Exclude<Action, 'authenticate'>]: Answer<MessageOf<Name>> } = {
  subscribe: async (reach, { session, connectionId, scopes }, { id, topics, cursors }, now) => {
    for (const topic of [...topics, ...(cursors ?? []).map((cursor) => cursor.topic)]) {
      demandTopic(reach.topics, { ...session, scopes }, topic);
    }
    // Before anything is written: who is refused has subscribed to nothing.
    if (cursors !== undefined) demandCursors(cursors);
    const positions = await subscribe(reach, session, connectionId, topics);
    note('session.subscribed', { ...session, connectionId, topics });
    const reply: Subscribed = { type: 'subscribed', ...echo(id), topics: positions };
    if (cursors === undefined) return JSON.stringify(reply);
    noteAcknowledged({ session, connectionId }, cursors);
    const { tenant } = session;
    const missed = await readMissed(reach, { tenant, reader: session, cursors, now });
    return fillsReply(reply, 'missed', missed);
  },

  unsubscribe: async (reach, { session, connectionId }, { id, topics }) => {
    // Also of a topic that has been closed to them since.
    for (const topic of topics) demandTopicName(topic);
    await unsubscribe(reach, session, topics);
    note('session.unsubscribed', { ...session, connectionId, topics });
    const reply: Unsubscribed = { type: 'unsubscribed', ...echo(id), topics: [...new Set(topics)] };
    return JSON.stringify(reply);
  },

  readNotifications: async (reach, { session, connectionId, scopes }, asking, now) => {
    const { id, cursors, limit } = asking;
    for (const { topic } of cursors) demandTopic(reach.topics, { ...session, scopes }, topic);
    noteAcknowledged({ session, connectionId }, cursors);
    const { tenant } = session;
    const asked = { tenant, reader: session, cursors, now, ...(limit !== undefined && { limit }) };
    return fillsReply(
      { type: 'notifications', ...echo(id) },
      'topics',
      await readMissed(reach, asked),
    );
  },
};

const echo = (id: string | undefined): { id?: string } => (id === undefined ? {} : { id });

function refusedFrame(
  code: RefusalCode,
  about: { readonly id?: string | undefined; readonly action?: string | undefined },
  { detail, retryAfter }: Pick<Refusal, 'detail' | 'retryAfter'> = noMore,
): string {
  const { status, message } = refusals[code];
  const refused: Refused = {
    type: 'refused',
    ...echo(about.id),
    ...(about.action !== undefined && { action: about.action }),
    code,
    status,
    message: detail === undefined ? message : `${message} ${detail}`,
    ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
  };
  return JSON.stringify(refused);
}

const noMore = { detail: undefined, retryAfter: undefined };

const isTokenRefusal = (code: RefusalCode): boolean =>
  code === 'token-invalid' || code === 'token-expired';

/** What a socket may try a few times only: looking for room costs a question for each of the user's sockets. */
const isAttempt = (code: RefusalCode): boolean =>
  isTokenRefusal(code) || code === 'too-many-sessions' || code === 'too-many-connections';

async function isLastAttempt(reach: AnswerReach, { connectionId }: Asked): Promise<boolean> {
  const count = await countRefusal(reach, connectionId);
  return count !== undefined && count >= AUTHENTICATE_ATTEMPTS;
}

/** The frame is awaited first: closing takes no reason along. */
async function closeAfter(
  reach: AnswerReach,
  frame: string,
  { connectionId, now }: Asked,
): Promise<undefined> {
  await reach.sockets.post(connectionId, frame);
  await reach.sockets.delete(connectionId);
  await depart(reach, connectionId, now);
}
