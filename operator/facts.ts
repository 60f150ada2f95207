import { facts, type JournalLine } from '../contract/journal.ts';
import { JOURNAL_LINES } from '../contract/limits.ts';
import { queryLogs } from './insights.ts';
import type { Place } from './place.ts';

/** Whom it has to be about; all that is named has to hold. */
export interface About {
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly topic?: string | undefined;
  readonly connection?: string | undefined;
}

interface Span {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** What functions noted of connections, sessions and topics, the newest first. */
export const readFacts = (
  place: Place,
  about: About,
  span: Span,
): Promise<readonly JournalLine[]> =>
  readLines(place, { ...span, where: conditionOf(about), groups: journalGroups(place) });

/** The log groups in which facts are noted; their names end with the function's. */
export const journalGroups = (place: Place): string[] =>
  place.output('JournalLogGroups').split(',');

interface Lines extends Span {
  readonly groups: readonly string[];
  /** A condition in the language of Logs Insights. */
  readonly where: string;
}

/** Lines in Lambda's JSON format, the newest first. */
export async function readLines(
  place: Place,
  { groups, where, ...span }: Lines,
): Promise<readonly JournalLine[]> {
  const text = `fields @message | filter ${where} | sort @timestamp desc | limit ${JOURNAL_LINES}`;
  const lines = await queryLogs(place, { groups, text, ...span });
  return lines.map(({ message: line }) => {
    const { timestamp, message } = JSON.parse(line) as { timestamp: string; message: object };
    return { at: timestamp, ...message } as JournalLine;
  });
}

/** Without a name, every fact. */
function conditionOf({ user, session, topic, connection }: About): string {
  const named = [
    ['userId', user],
    ['sessionId', session],
    ['topic', topic],
    ['connectionId', connection],
  ] as const;
  const conditions = named.flatMap(([name, value]) =>
    value ? [`message.${name} = ${JSON.stringify(value)}`] : [],
  );
  return conditions.length > 0 ? conditions.join(' and ') : EVERY_FACT;
}

const EVERY_FACT = `message.fact in [${facts.map((fact) => JSON.stringify(fact)).join(', ')}]`;
