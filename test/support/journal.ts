import type { JournalReader } from '../../lambdas/platform/journal.ts';
import { type LogEvent, readQuery } from '../../local/logs/query.ts';

/** What a test's own flows note, read back by the stage's own queries. */
export interface TestJournal extends JournalReader {
  /** Lines come at this time, ISO, until it is moved. */
  at: string;
  /** In place of `console.info`, as Lambda's JSON format has it. */
  readonly info: (message: unknown) => void;
}

export function openTestJournal(at: string): TestJournal {
  const lines: LogEvent[] = [];
  const journal: TestJournal = {
    at,
    info: (message) => {
      const json = { timestamp: journal.at, level: 'INFO', message };
      lines.push({ at: Date.parse(journal.at), log: '', text: JSON.stringify(json), json });
    },
    read: async ({ where, from, to, order = 'asc', most = 10_000 }) => {
      const query = readQuery(`fields @message | filter ${where} | sort @timestamp ${order}`);
      const sign = order === 'asc' ? 1 : -1;
      return lines
        .filter((event) => event.at >= from && event.at <= to && query.isAskedFor(event))
        .sort((a, b) => sign * (a.at - b.at))
        .slice(0, most)
        .map(({ text }) => {
          const { timestamp, message } = JSON.parse(text);
          return { at: timestamp, ...message };
        });
    },
  };
  return journal;
}
