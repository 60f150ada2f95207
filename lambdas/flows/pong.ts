import type { Ping, Pong, Position } from '../../contract/protocol.ts';
import { isDueForSignOfLife, isoTime, sessionOf } from '../../rules/connection.ts';
import { demandTopic, type TopicPolicy } from '../../rules/topic-policy.ts';
import type { Reaches } from '../platform/reach.ts';
import { getConnection, touchConnection } from '../stores/connections.ts';
import { positionsOf } from './positions.ts';
import { noteAcknowledged, speakerOf } from './speaker.ts';

type Reach = Reaches<{ connections: 'get' | 'update'; notifications: 'batchGet' }> & {
  readonly topics: TopicPolicy;
};

/**
 * [S4-02] A ping is answered to anybody. With positions it also tells an authenticated client which of
 * them are behind, so that a quiet topic's lost message is found within one heartbeat.
 */
export async function pong(
  reach: Reach,
  { id, positions }: Ping,
  asked: { readonly connectionId: string; readonly now: number },
): Promise<Pong> {
  const behind = positions === undefined ? undefined : await behindOf(reach, positions, asked);
  if (positions === undefined) await noteSignOfLife(reach, asked);
  return {
    type: 'pong',
    ...(id !== undefined && { id }),
    timestamp: isoTime(asked.now),
    ...(behind && { behind }),
  };
}

async function behindOf(
  reach: Reach,
  positions: NonNullable<Ping['positions']>,
  asked: { readonly connectionId: string; readonly now: number },
): Promise<Position[]> {
  const speaker = await speakerOf(reach, asked);
  const { session, scopes } = speaker;
  const topics = positions.map(({ topic }) => topic);
  for (const topic of topics) demandTopic(reach.topics, { ...session, scopes }, topic);
  noteAcknowledged(speaker, positions);
  const heads = await positionsOf(reach, session.tenant, topics);
  return heads.filter((head, at) => {
    const has = positions[at];
    return has?.epoch !== head.epoch || has.seq < head.head;
  });
}

async function noteSignOfLife(
  reach: Reach,
  { connectionId, now }: { readonly connectionId: string; readonly now: number },
): Promise<void> {
  const row = await getConnection(reach, connectionId);
  const isBound = row !== undefined && row.status !== 'DISCONNECTED' && row.status !== 'PENDING';
  if (isBound && (sessionOf(row) || row.userId === undefined) && isDueForSignOfLife(row, now)) {
    await touchConnection(reach, connectionId, now);
  }
}
