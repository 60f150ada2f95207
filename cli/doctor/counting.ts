import { DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { type ConnectionRow, connectionStatuses } from '../../contract/tables.ts';
import { openDocuments } from '../../operator/aws.ts';
import type { Place } from '../../operator/place.ts';
import { bad, type Check, unclear, well } from './check.ts';
import { linesOf, lookForErrors } from './logs.ts';

const trouble = 'High connection count';
/** DynamoDB removes expired rows within a few days. */
const REMOVED_WITHIN_SECONDS = 3 * 24 * 3600;

export const counting: readonly Check[] = [
  {
    trouble,
    question: 'Does time to live remove expired rows?',
    async look(place) {
      const TableName = place.output('ConnectionsTableName');
      const { TimeToLiveDescription: ttl } = await new DynamoDBClient({}).send(
        new DescribeTimeToLiveCommand({ TableName }),
      );
      if (ttl?.TimeToLiveStatus !== 'ENABLED' || ttl.AttributeName !== 'ttl') {
        return bad(
          `It is ${ttl?.TimeToLiveStatus ?? 'not there'} on ${TableName}.`,
          'Enable it on the attribute ttl, or deploy again.',
        );
      }
      const { expired, overdue } = await count(place);
      return overdue === 0
        ? well(`enabled; ${expired} rows have expired and wait to be removed`)
        : bad(
            `${overdue} rows expired more than three days ago.`,
            'Readers leave them out; AWS has to remove them.',
          );
    },
  },
  {
    trouble,
    question: 'Does the function of $disconnect take connections out?',
    async look(place) {
      const errors = await lookForErrors(place, ['disconnect'], 'Read its log.');
      if (!errors.isWell) return errors;
      const sweeps = await linesOf(place, ['sweep'], 'message.fact = "sweep.done"');
      if (sweeps.length === 0) {
        return unclear(
          'no sweep told anything in the last hour',
          'SweepIsSilent in docs/OPERATIONS.md.',
        );
      }
      const found = sweeps.reduce((sum, { drift }) => sum + missedOf(drift), 0);
      return found === 0
        ? well(`no errors, and ${sweeps.length} sweeps found nobody that it had missed`)
        : unclear(
            `${sweeps.length} sweeps took out ${found} that it had missed, or never heard of`,
          );
    },
  },
  {
    trouble,
    question: 'How large is the table of connections?',
    async look(place) {
      const { byStatus } = await count(place);
      return unclear(
        connectionStatuses.map((status) => `${status} ${byStatus[status]}`).join(', '),
      );
    },
  },
];

const missedOf = (drift: unknown): number =>
  (drift as { rowsWithoutSocket?: number } | undefined)?.rowsWithoutSocket ?? 0;

async function count(place: Place) {
  const now = Date.now() / 1000;
  const byStatus = { PENDING: 0, CONNECTED: 0, STALE: 0, DISCONNECTED: 0 };
  const counts = { byStatus, expired: 0, overdue: 0 };
  const pages = paginateScan(
    { client: openDocuments(place) },
    {
      TableName: place.output('ConnectionsTableName'),
      ProjectionExpression: '#status, #ttl',
      ExpressionAttributeNames: { '#status': 'status', '#ttl': 'ttl' },
    },
  );
  for await (const page of pages) {
    for (const { status, ttl } of (page.Items ?? []) as ConnectionRow[]) {
      byStatus[status] += 1;
      if (ttl < now) counts.expired += 1;
      if (ttl < now - REMOVED_WITHIN_SECONDS) counts.overdue += 1;
    }
  }
  return counts;
}
