import type { JournalLine } from '../../contract/journal.ts';
import { JOURNAL_DEADLINE_MS, JOURNAL_LINES, JOURNAL_POLL_MS } from '../../contract/limits.ts';
import { clock } from './clock.ts';
import { journalLogGroups } from './environment.ts';

export interface JournalQuery {
  /** A condition in the language of CloudWatch Logs Insights. */
  readonly where: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Which ones, and in which order, where there are more than `most`. @default the oldest first */
  readonly order?: 'asc' | 'desc';
  readonly most?: number;
}

export interface JournalReader {
  read(query: JournalQuery): Promise<readonly JournalLine[]>;
}

/** What functions noted of connections and sessions, read back from their logs. */
export function openJournal(): JournalReader {
  const logGroupNames = journalLogGroups();
  const load = async () => (await import('./logs-client.ts')).openLogsClient();
  let loading: ReturnType<typeof load> | undefined;
  return {
    async read({ where, from, to, order = 'asc', most = JOURNAL_LINES }) {
      // Rare, so that no cold start pays for it.
      loading ??= load();
      const logs = await loading;
      const { queryId } = await logs.start({
        logGroupNames,
        queryString: `fields @message | filter ${where} | sort @timestamp ${order} | limit ${most}`,
        startTime: Math.floor(from / 1000),
        endTime: Math.ceil(to / 1000),
      });
      const deadline = performance.now() + JOURNAL_DEADLINE_MS;
      for (;;) {
        const { status, results = [] } = await logs.results(queryId);
        if (status === 'Complete') return results.flatMap((fields) => readLine(fields));
        const isUnderWay = status === 'Scheduled' || status === 'Running';
        if (!isUnderWay || performance.now() > deadline) {
          throw new Error(`The query of the logs is ${status} after its time.`);
        }
        await clock.pause(JOURNAL_POLL_MS);
      }
    },
  };
}

type Fields = readonly {
  readonly field?: string | undefined;
  readonly value?: string | undefined;
}[];

/** A line in Lambda's JSON format; others are none of ours. */
function readLine(fields: Fields): JournalLine[] {
  const text = fields.find(({ field }) => field === '@message')?.value ?? '';
  const { timestamp, message } = JSON.parse(text) as { timestamp: string; message: object };
  return [{ at: timestamp, ...message } as JournalLine];
}
