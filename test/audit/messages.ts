import { HEAD_ID, type HeadRow, type NotificationRow, PAYLOAD_ID } from '../../contract/tables.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { each, type Promised } from './verdict.ts';

interface Topic {
  readonly key: string;
  readonly head: number;
  readonly messages: readonly NotificationRow[];
}

function topicsIn(rows: Rows): Topic[] {
  const byKey = new Map<string, { head: number; messages: NotificationRow[] }>();
  for (const row of rowsOf<NotificationRow | HeadRow>(rows, 'notifications')) {
    if (row.id === PAYLOAD_ID) continue;
    const topic = byKey.get(row.topic) ?? { head: 0, messages: [] };
    byKey.set(row.topic, topic);
    if (row.id === HEAD_ID) topic.head = (row as HeadRow).head;
    else topic.messages.push(row as NotificationRow);
  }
  return [...byKey].map(([key, topic]) => ({ key, ...topic }));
}

export const messages: readonly Promised[] = [
  {
    claim: '[G2] the numbers of a topic have no hole and no double, and end at its head',
    check: ({ rows }) =>
      each(topicsIn(rows), ({ key, head, messages }) => {
        const numbers = messages.flatMap(({ seq }) => seq ?? []).sort((a, b) => a - b);
        // The oldest have expired; what is kept is whole up to the head.
        const first = head - numbers.length;
        const isWhole = numbers.every((number, at) => number === first + at + 1);
        return isWhole ? undefined : `${key}: head ${head}, kept ${numbers.join(' ')}`;
      }),
  },
  {
    claim: '[G1] every message has its number',
    check: ({ rows }) =>
      each(topicsIn(rows), ({ key, messages }) =>
        messages.flatMap(({ id, seq }) => (seq === undefined ? [`${key} ${id} has none`] : [])),
      ),
  },
  {
    claim: '[G2] [G3] [G4] every client has handed on each message once, in order, up to the head',
    check({ rows, heard }) {
      const heads = new Map(topicsIn(rows).map(({ key, head }) => [key, head]));
      return each(heard, ({ who, topic, from, numbers }) => {
        const head = heads.get(topic) ?? 0;
        const wrong = numbers.findIndex((number, at) => number !== from + at + 1);
        if (wrong >= 0) {
          return `${who} got ${numbers[wrong]} on ${topic} where ${from + wrong + 1} was due`;
        }
        const last = from + numbers.length;
        return last === head ? undefined : `${who} is at ${last} of ${head} on ${topic}`;
      });
    },
  },
];
