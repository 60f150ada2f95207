import { setTimeout as pause } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { JOURNAL_DEADLINE_MS, JOURNAL_POLL_MS } from '../contract/limits.ts';
import type { Place } from './place.ts';

interface Query {
  readonly groups: readonly string[];
  /** In the language of CloudWatch Logs Insights; asks for `@message`, and `@log` where that matters. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

export interface FoundLine {
  readonly message: string;
  /** `ACCOUNT:GROUP`. */
  readonly log: string;
}

/** Lines of logs, by a query with the operator's own rights. AWS charges for what it reads. */
export async function queryLogs(
  { aws }: Place,
  { groups, text, from, to }: Query,
): Promise<readonly FoundLine[]> {
  const client = new CloudWatchLogsClient(aws);
  const { queryId } = await client.send(
    new StartQueryCommand({
      logGroupNames: [...groups],
      queryString: text,
      startTime: Math.floor(from / 1000),
      endTime: Math.ceil(to / 1000),
    }),
  );
  const deadline = performance.now() + JOURNAL_DEADLINE_MS;
  for (;;) {
    const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete') {
      return results.map((row) => {
        const textOf = (name: string) => row.find(({ field }) => field === name)?.value ?? '';
        return { message: textOf('@message'), log: textOf('@log') };
      });
    }
    const isUnderWay = status === 'Scheduled' || status === 'Running';
    if (!isUnderWay || performance.now() > deadline) {
      throw new Error(`The query of the logs is ${status} after its time.`);
    }
    await pause(JOURNAL_POLL_MS);
  }
}
