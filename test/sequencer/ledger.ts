import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { HEAD_ID, type HeadRow, type NotificationRow } from '../../contract/tables.ts';
import type { EveryReach } from '../support/engine.ts';

/** What the tables and the sockets have shown so far, held against what must never be seen. */
export interface Ledger {
  /** In the order of their commits; the place here is the record's place in the stream. */
  readonly commits: readonly NotificationRow[];
  readonly broken: string[];
  committed(row: NotificationRow): void;
  markOf(row: NotificationRow): number;
  /** Somebody was shown this number on this message. */
  saw(topic: string, seq: number, id: string): void;
  /** One snapshot of a topic, as any reader could have taken it now. */
  look(topic: string): Promise<NotificationRow[]>;
}

export function openLedger({ documents, tables }: EveryReach): Ledger {
  const commits: NotificationRow[] = [];
  const broken: string[] = [];
  /** Which message has a number, and which number a message has. */
  const shown = new Map<string, string | number>();
  const marks = new Map<string, number>();
  const keyOf = ({ topic, id }: NotificationRow) => `${topic} ${id}`;

  function saw(topic: string, seq: number, id: string): void {
    for (const [one, other] of [
      [`number ${seq}`, id],
      [`message ${id}`, seq],
    ] as const) {
      const was = shown.get(`${topic} ${one}`) ?? other;
      shown.set(`${topic} ${one}`, other);
      if (was !== other) broken.push(`On ${topic}, ${one} was first ${was}, then ${other}.`);
    }
  }

  return {
    commits,
    broken,
    committed(row) {
      marks.set(keyOf(row), commits.length);
      commits.push(row);
    },
    markOf: (row) => marks.get(keyOf(row)) ?? -1,
    saw,
    async look(topic) {
      const { Items = [] } = await documents.send(
        new QueryCommand({
          TableName: tables.notifications.name,
          ConsistentRead: true,
          KeyConditionExpression: 'topic = :topic',
          ExpressionAttributeValues: { ':topic': topic },
        }),
      );
      const head = (Items as HeadRow[]).find(({ id }) => id === HEAD_ID)?.head ?? 0;
      const rows = (Items as NotificationRow[]).filter(({ id }) => id !== HEAD_ID);
      const stamped = rows.filter(({ seq }) => seq !== undefined).sort(bySeq);
      for (const { seq, id } of stamped) saw(topic, seq ?? 0, id);
      const seqs = stamped.map(({ seq }) => seq);
      if (seqs.some((seq, at) => seq !== at + 1) || head !== seqs.length) {
        broken.push(`A reader of ${topic} sees the head at ${head} and the numbers ${seqs}.`);
      }
      return rows.sort(bySeq);
    },
  };
}

const bySeq = (one: NotificationRow, other: NotificationRow): number =>
  (one.seq ?? Number.POSITIVE_INFINITY) - (other.seq ?? Number.POSITIVE_INFINITY);
