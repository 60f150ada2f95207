import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { BATCH_WRITE_ITEMS, GRACE_SECONDS } from '../../contract/limits.ts';
import {
  inShard,
  PLAYER_ITEM,
  playerKey,
  type SessionName,
  sessionItem,
  shardKey,
  subscriberKey,
  type TableName,
  topicKey,
  topicsItem,
} from '../../contract/tables.ts';
import { inParallel, inPieces } from '../../lambdas/platform/parallel.ts';
import { raiseShards } from '../../lambdas/stores/subscriptions.ts';
import { isoTime, newConnection, seconds } from '../../rules/connection.ts';
import { shardFor, shardsFor } from '../../rules/shards.ts';
import type { EveryReach } from '../../test/support/engine.ts';

export const TENANT = 'default';
export const LIFE = 1;

/** Connection ids as long as the gateway's, user ids as long as Cognito's. */
const connectionOf = (crowd: string, at: number) => `${crowd}${at}`.padEnd(15, '-').concat('=');
const memberOf = (crowd: string, at: number): SessionName => ({
  tenant: TENANT,
  userId: `${crowd}-${at}`.padEnd(36, '-'),
  sessionId: `session-${at}`.padEnd(36, '-'),
});

/** One of a crowd. */
export const crowdMember = (crowd: string, at: number) => ({
  session: memberOf(crowd, at),
  connectionId: connectionOf(crowd, at),
});

/**
 * So many live clients, each subscribed to these topics, which are spread over as many shards as that needs: the rows
 * that the flows would have written.
 */
export async function putCrowd(
  reach: EveryReach,
  crowd: string,
  size: number,
  topics: readonly string[],
  now: number,
): Promise<string[]> {
  const expiry = seconds(now) + 24 * 3600;
  const shards = shardsFor(size);
  const members = Array.from({ length: size }, (_, at) => at);
  const rowsOf = (at: number): [TableName, object][] => {
    const session = memberOf(crowd, at);
    const connectionId = connectionOf(crowd, at);
    const player = playerKey(TENANT, session.userId);
    const subscriber = subscriberKey(session.userId, session.sessionId);
    const shard = shardFor(subscriber, shards);
    return [
      [
        'connections',
        {
          ...newConnection(connectionId, 'CONNECTED', now),
          ...session,
          authExpiresAt: expiry,
        },
      ],
      [
        'sessions',
        {
          player,
          item: sessionItem(session.sessionId),
          state: 'live',
          life: LIFE,
          connectedAt: isoTime(now),
          authExpiresAt: expiry,
          conns: new Set([connectionId]),
          detachedAt: seconds(now) - GRACE_SECONDS,
        },
      ],
      [
        'sessions',
        { player, item: PLAYER_ITEM, sessions: new Set([session.sessionId]), version: 1 },
      ],
      [
        'sessions',
        {
          ...{ player, item: topicsItem(session.sessionId), topics: new Set(topics) },
          ...(shard > 0 && { shards: new Set(topics.map((topic) => inShard(shard, topic))) }),
        },
      ],
      ...topics.map((topic): [TableName, object] => [
        'subscriptions',
        { topic: shardKey(topicKey(TENANT, topic), shard), subscriber, life: LIFE },
      ]),
    ];
  };
  if (shards > 1) {
    await Promise.all(topics.map((topic) => raiseShards(reach, topicKey(TENANT, topic), shards)));
  }
  await inParallel(inPieces(members.flatMap(rowsOf), BATCH_WRITE_ITEMS), 8, async (piece) => {
    const requests: Record<string, object[]> = {};
    for (const [table, Item] of piece) {
      const { name } = reach.tables[table];
      requests[name] = [...(requests[name] ?? []), { PutRequest: { Item } }];
    }
    await reach.documents.send(new BatchWriteCommand({ RequestItems: requests as never }));
  });
  return members.map((at) => connectionOf(crowd, at));
}
