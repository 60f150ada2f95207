import { PAGE_BYTES } from '../../contract/limits.ts';
import { topicOfKey } from '../../contract/tables.ts';
import { shardsFor } from '../../rules/shards.ts';
import { type Audience, isIn, type TopicPolicy } from '../../rules/topic-policy.ts';
import { note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { inPieces } from '../platform/parallel.ts';
import type { Queues } from '../platform/queues.ts';
import type { Reaches } from '../platform/reach.ts';
import { raiseShards, subscribersOf } from '../stores/subscriptions.ts';
import { framing } from './framing.ts';
import type { Route } from './routes.ts';
import { type ServeReach, serveAll } from './serve.ts';
import type { Stamped } from './stamp.ts';

export type DeliverReach = ServeReach &
  Reaches<{ subscriptions: 'query' | 'update'; notifications: 'get' }> & {
    /** Where the further pages of a large topic go: to functions of their own. */
    readonly queues: Queues<'delivery'>;
    readonly recipientsPerPage: number;
    readonly subscribersPerShard: number;
    readonly topics: TopicPolicy;
  };

/**
 * Brings stamped messages of one topic to every connection of every subscribed session [S1-07], never
 * back to the session that caused them [S1-08]. The first page of recipients is posted to here; of a large
 * topic, each further one is handed on, so that a publish to many spreads over many functions, a slow page
 * delays no other, and the shard of the stream goes on. Pages overtake each other: what each client
 * hears is in the order of the numbers.
 */
export async function deliver(
  reach: DeliverReach,
  topic: string,
  messages: readonly Stamped[],
  now: number,
): Promise<void> {
  const began = performance.now();
  const pages = pagesOf(reach, topic, now);
  const { value: first = [] } = await pages.next();
  const handOn = async () => {
    for await (const routes of pages) {
      const marks = messages.map(({ id, epoch }) => ({ id, epoch }));
      await reach.queues.send('delivery', { topic, messages: marks, routes });
    }
  };
  await Promise.all([serveAll(reach, framing(reach, topic, messages), first, now), handOn()]);
  if (messages.length === 0) return;
  const took = performance.now() - began;
  measure({ MessageLatency: messages.map(({ at }) => now - Date.parse(at) + took) });
  const seqs = messages.map(({ seq }) => seq);
  note('topic.delivered', {
    ...topicOfKey(topic),
    from: Math.min(...seqs),
    upTo: Math.max(...seqs),
  });
}

/**
 * Routes to all subscribers of a topic, as many together as one page holds. Those whom the rules of topics shut
 * out since they subscribed are left out: rules may have changed, and so may a token's scopes.
 */
async function* pagesOf(
  reach: DeliverReach,
  topic: string,
  now: number,
): AsyncGenerator<Route[], undefined> {
  let page: Route[] = [];
  let bytes = 0;
  const audience = reach.topics.audienceOf(topicOfKey(topic).topic);
  for await (const route of routesTo(reach, topic, now)) {
    if (route.connections.length === 0 || !mayHear(audience, route)) continue;
    const more = bytesOf(route);
    if (page.length >= reach.recipientsPerPage || bytes + more > PAGE_BYTES) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(route);
    bytes += more;
  }
  yield page;
}

/**
 * A query gives thousands of subscribers at once: looked up in pieces, a large topic takes no more memory. Whoever
 * reads all of them is who sees that they have become too many for their shards.
 */
async function* routesTo(reach: DeliverReach, topic: string, now: number): AsyncGenerator<Route> {
  let subscribers = 0;
  let shards = 1;
  for await (const page of subscribersOf(reach, topic)) {
    shards = page.shards;
    subscribers += page.rows.length;
    for (const piece of inPieces(page.rows, LOOKED_UP_AT_ONCE)) {
      yield* await reach.routes.to(reach, topic, piece, now);
    }
  }
  const needed = shardsFor(subscribers, reach.subscribersPerShard);
  if (needed > shards) await raiseShards(reach, topic, needed);
}

const LOOKED_UP_AT_ONCE = 1000;

const mayHear = (audience: Audience, { session, scopes }: Route): boolean =>
  isIn(audience, { ...session, scopes });

/** As JSON, rounded up: every part of it is plain letters. */
const bytesOf = ({ session, connections, accepts, scopes }: Route): number =>
  150 +
  session.tenant.length +
  session.userId.length +
  session.sessionId.length +
  accepts.join('","').length +
  scopes.join('","').length +
  connections.reduce((sum, id) => sum + id.length + 3, 0);
