import type { FunctionName } from '../../contract/functions.ts';
import type { JournalLine } from '../../contract/journal.ts';
import { journalGroups, readLines } from '../../operator/facts.ts';
import type { Place } from '../../operator/place.ts';
import { bad, type Diagnosis, well } from './check.ts';

const HOUR_MS = 3600 * 1000;

/** Lines of these functions' logs in the last hour, the newest first, by a condition of Logs Insights. */
export async function linesOf(
  place: Place,
  functions: readonly FunctionName[],
  where: string,
): Promise<readonly JournalLine[]> {
  const groups = journalGroups(place).filter((group) =>
    functions.some((name) => group.endsWith(`/${name}`)),
  );
  const to = Date.now();
  return readLines(place, { groups, where, from: to - HOUR_MS, to });
}

export async function lookForErrors(
  place: Place,
  functions: readonly FunctionName[],
  todo: string,
): Promise<Diagnosis> {
  const lines = await linesOf(place, functions, 'level = "ERROR"');
  if (lines.length === 0) return well('none in the last hour');
  const byFact = Map.groupBy(lines, ({ fact }) => String(fact ?? 'a line of another kind'));
  const kinds = [...byFact].map(([fact, all]) => `${fact} × ${all.length}`).join(', ');
  const last = (lines[0]?.cause as { message?: string } | undefined)?.message;
  return bad(
    `${lines.length} in the last hour: ${kinds}${last ? `; the last one: ${last}` : ''}.`,
    todo,
  );
}
