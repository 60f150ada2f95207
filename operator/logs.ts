import { type FunctionName, functions } from '../contract/functions.ts';
import { queryLogs } from './insights.ts';
import type { Place } from './place.ts';

/** A line of a function's log. */
export interface LogLine {
  /** ISO. */
  readonly at: string;
  readonly function: FunctionName;
  readonly level: string;
  readonly requestId?: string;
  readonly fact?: string;
  /** What else the line says: one object, or a text. */
  readonly message: unknown;
}

export interface LogAnswer {
  /** The newest first. */
  readonly lines: readonly LogLine[];
  /** False where there are more, further back. */
  readonly isWhole: boolean;
}

const LINES = 200;
/** A week: AWS charges for what a query reads. */
export const LOG_HOURS_MOST = 168;

export interface LogQuery {
  /** @default every function */
  readonly name?: FunctionName;
  readonly errorsOnly: boolean;
  readonly hours: number;
}

/** What functions wrote, by a query of CloudWatch Logs Insights with the operator's own rights. */
export async function readLogs(
  place: Place,
  { name, errorsOnly, hours }: LogQuery,
): Promise<LogAnswer> {
  const groups = groupsOf(place);
  const chosen = [...groups].filter(([, each]) => name === undefined || each === name);
  const to = Date.now();
  const rows = await queryLogs(place, {
    groups: chosen.map(([group]) => group),
    text: `fields @message, @log${errorsOnly ? ' | filter level = "ERROR"' : ''} | sort @timestamp desc | limit ${LINES}`,
    from: to - hours * 3600 * 1000,
    to,
  });
  const lines = rows.flatMap(({ message, log }): LogLine[] => {
    const writer = groups.get(log.slice(log.indexOf(':') + 1));
    return writer ? [lineOf(writer, message)] : [];
  });
  return { lines, isWhole: rows.length < LINES };
}

/** Which log group is whose: the names end with the function's. */
function groupsOf(place: Place): ReadonlyMap<string, FunctionName> {
  const all = ['JournalLogGroups', 'OtherLogGroups'].flatMap((each) =>
    place.output(each).split(','),
  );
  const names = Object.keys(functions) as FunctionName[];
  return new Map(
    all.flatMap((group) => {
      const name = names.find((each) => group.endsWith(`/${each}`));
      return name ? [[group, name] as const] : [];
    }),
  );
}

function lineOf(writer: FunctionName, text: string): LogLine {
  const { timestamp, time, level, requestId, message, ...rest } = JSON.parse(text);
  const isObject = typeof message === 'object' && message !== null;
  const { fact, ...about } = isObject ? message : { fact: undefined };
  return {
    at: String(timestamp ?? time),
    function: writer,
    level: String(level ?? 'INFO'),
    ...(requestId !== undefined && { requestId }),
    ...(fact !== undefined && { fact }),
    message: isObject ? about : (message ?? rest),
  };
}
