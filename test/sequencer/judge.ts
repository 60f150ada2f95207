import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { readMissed } from '../../lambdas/flows/read-missed.ts';
import { isSame } from '../../rules/sequence.ts';
import type { EveryReach } from '../support/engine.ts';
import type { Listening, Subscriber } from './subscriber.ts';
import type { World } from './world.ts';

/** Everything has come to rest: what must be true then, of the tables and of every client. */
export async function judge(
  tables: EveryReach,
  world: World,
  subscribers: readonly Subscriber[],
): Promise<void> {
  const { ledger, tenant, topics } = world;
  for (const topic of topics) {
    const key = topicKey(tenant, topic);
    const rows = await ledger.look(key);
    const committed = ledger.commits.filter((row) => row.topic === key);
    const stamped = rows.filter(({ seq }) => seq !== undefined);
    if (stamped.length !== committed.length) {
      ledger.broken.push(
        `${topic} has ${stamped.length} numbers for ${committed.length} messages.`,
      );
    }
    for (const subscriber of subscribers) {
      for (const listening of subscriber.listenings.filter((each) => each.topic === topic)) {
        judgeListening(world, subscriber, listening, stamped);
        if (!listening.isOver) await judgeResume(tables, world, subscriber, listening);
      }
    }
  }
}

/** It heard all that followed its subscription, of others, once and in order; while it listened, at least the beginning of it. */
function judgeListening(
  { ledger }: World,
  { session }: Subscriber,
  { topic, since, got, isOver }: Listening,
  rows: readonly NotificationRow[],
): void {
  if (since === undefined) {
    if (got.length > 0) ledger.broken.push(`${session.userId} heard ${topic} before its reply.`);
    return;
  }
  const expected = rows
    .filter(({ seq = 0 }) => seq > since.head)
    .filter(({ origin }) => !(origin && isSame(origin, session)))
    .map(({ seq, payload }) => `${seq}:${JSON.parse(payload ?? '')}`);
  const heard = got.map((message) => `${message.seq}:${'payload' in message && message.payload}`);
  const fair = isOver ? expected.slice(0, heard.length) : expected;
  if (heard.join() !== fair.join()) {
    ledger.broken.push(
      `${session.userId} on ${topic} since ${since.head} heard [${heard}] instead of [${fair}].`,
    );
  }
  for (const { topic: key, id } of ledger.commits.slice(since.commits)) {
    const row = rows.find((each) => each.topic === key && each.id === id);
    if (row && (row.seq ?? 0) <= since.head) {
      ledger.broken.push(`${row.payload} was committed after the reply, numbered before it.`);
    }
  }
}

/** Now that it has everything, a last look brings no message, and its position to the head. */
async function judgeResume(
  tables: EveryReach,
  { ledger, tenant, now }: World,
  { session }: Subscriber,
  { topic, inbox }: Listening,
): Promise<void> {
  const cursor = inbox.cursor;
  if (!cursor) return;
  const [fill] = await readMissed(tables, { tenant, reader: session, cursors: [cursor], now });
  const isWhole =
    fill?.recovered && fill.next === fill.head && fill.messages.every((each) => 'own' in each);
  if (!isWhole) {
    ledger.broken.push(
      `${session.userId} at ${cursor.seq} of ${topic} would be told ${JSON.stringify(fill)}.`,
    );
  }
}
