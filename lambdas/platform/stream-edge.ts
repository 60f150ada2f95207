import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { logDefect } from './log.ts';
import type { BatchAnswer } from './queue-edge.ts';

export interface StreamEvent {
  readonly Records: readonly StreamRecord[];
}

interface StreamRecord {
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, AttributeValue>>;
    readonly NewImage?: Readonly<Record<string, AttributeValue>>;
  };
}

/** One group of a batch: what it is about, and its new images in the order of the stream. */
interface Group<Row> {
  readonly name: string;
  readonly rows: readonly Row[];
}

/**
 * The edge of a table's stream. Records are grouped, groups run side by side, and one group's failure
 * is not another's: only the failed group's records are named. The mapping then delivers again from
 * the lowest of them on, so whatever runs here must bear repetition.
 */
export const streamEdge =
  <Row>(
    stream: string,
    groupOf: (row: Row) => string,
    run: (group: Group<Row>, now: number) => Promise<void>,
  ) =>
  async ({ Records }: StreamEvent): Promise<BatchAnswer> => {
    const groups = new Map<string, { rows: Row[]; marks: string[] }>();
    for (const { dynamodb } of Records) {
      const row = unmarshall({ ...(dynamodb.NewImage ?? dynamodb.Keys) }) as Row;
      const group = groups.get(groupOf(row)) ?? { rows: [], marks: [] };
      group.rows.push(row);
      group.marks.push(dynamodb.SequenceNumber);
      groups.set(groupOf(row), group);
    }
    const now = Date.now();
    const failed = await Promise.all(
      [...groups].map(async ([name, { rows, marks }]) => {
        try {
          await run({ name, rows }, now);
          return [];
        } catch (fault) {
          logDefect('records.failed', fault, { stream, group: name, records: rows.length });
          return marks;
        }
      }),
    );
    return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
  };
