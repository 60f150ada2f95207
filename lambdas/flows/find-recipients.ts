import type { Criteria } from '../../contract/direct-message.ts';
import type { DirectMessagePage } from '../../contract/internal.ts';
import { NAMES_PER_CRITERION, SCAN_SEGMENTS } from '../../contract/limits.ts';
import {
  type ConnectionRow,
  type SessionRow,
  subscriberOfKey,
  topicKey,
} from '../../contract/tables.ts';
import { lastsUntil } from '../../rules/connection.ts';
import { isMeant, type Listeners, type Meant } from '../../rules/criteria.ts';
import type { TopicPolicy } from '../../rules/topic-policy.ts';
import { inParallel, inPieces } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { eachConnection, getConnections } from '../stores/connection-lists.ts';
import { getSessions, sessionsOf } from '../stores/sessions.ts';
import { subscribersOf } from '../stores/subscriptions.ts';

export type FindRecipientsReach = Reaches<{
  connections: 'batchGet' | 'scan';
  sessions: 'query' | 'batchGet';
  subscriptions: 'query';
}> & { readonly topics: TopicPolicy };

export type Recipient = DirectMessagePage['recipients'][number];

/**
 * The connections that these criteria mean, each once [S3-02]. Whatever names the fewest tells where to look; the
 * connections' own rows, read consistently, have the last word. So everybody is among them who had their
 * `authenticated` before the look began.
 */
export async function findRecipients(
  reach: FindRecipientsReach,
  tenant: string,
  to: Criteria,
  now: number,
): Promise<Recipient[]> {
  const listeners = to.topics && (await listenersTo(reach, tenant, to.topics));
  const meant: Meant = { tenant, to, ...(listeners && { listeners }) };
  const found: Recipient[] = [];
  const take = (rows: readonly ConnectionRow[]) => {
    for (const row of rows) {
      if (!isMeant(row, meant, now)) continue;
      found.push({ connectionId: row.connectionId, until: lastsUntil(row) });
    }
  };
  if (isEverybodysBusiness(to)) {
    await eachConnection(reach, to.status ?? 'CONNECTED', SCAN_SEGMENTS, take);
  } else {
    for await (const ids of candidates(reach, meant)) take(await getConnections(reach, ids));
  }
  return found;
}

/** Nothing that was named leads to connections: a session's id alone is a name in many users' hands. */
const isEverybodysBusiness = ({ connectionIds, userIds, topics }: Criteria): boolean =>
  connectionIds === undefined && userIds === undefined && topics === undefined;

/** Connections that may be meant, each once. */
async function* candidates(
  reach: FindRecipientsReach,
  { tenant, to, listeners = [] }: Meant,
): AsyncGenerator<string[]> {
  if (to.connectionIds) {
    yield [...new Set(to.connectionIds)];
  } else if (to.userIds) {
    const userIds = [...new Set(to.userIds)];
    yield (
      await inParallel(userIds, USERS_AT_ONCE, async (userId) =>
        membersOf(await sessionsOf(reach, tenant, userId)),
      )
    ).flat();
  } else {
    const subscribers = new Set(listeners.flatMap((each) => [...each.subscribers]));
    const sessions = [...subscribers].map((key) => ({ tenant, ...subscriberOfKey(key) }));
    for (const piece of inPieces(sessions, SESSIONS_AT_ONCE)) {
      yield membersOf(await getSessions(reach, piece));
    }
  }
}

const USERS_AT_ONCE = 32;
/** Ten batches side by side. */
const SESSIONS_AT_ONCE = 10 * NAMES_PER_CRITERION;

const membersOf = (sessions: readonly (SessionRow | undefined)[]): string[] =>
  sessions.flatMap((session) => [...(session?.conns ?? [])]);

function listenersTo(
  reach: FindRecipientsReach,
  tenant: string,
  topics: readonly string[],
): Promise<Listeners[]> {
  return Promise.all(
    [...new Set(topics)].map(async (topic) => {
      const subscribers = new Set<string>();
      for await (const { rows } of subscribersOf(reach, topicKey(tenant, topic))) {
        for (const { subscriber, ttl } of rows) if (ttl === undefined) subscribers.add(subscriber);
      }
      return { subscribers, audience: reach.topics.audienceOf(topic) };
    }),
  );
}
