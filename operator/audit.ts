import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { type AuditRow, TARGET_INDEX } from '../contract/tables.ts';
import { openDocuments } from './aws.ts';
import { UsageError } from './errors.ts';
import type { Place } from './place.ts';

interface About {
  /** `2026-11-20`, UTC. @default today */
  readonly day?: string | undefined;
  /** `connection#ID`: instead of a day. */
  readonly target?: string | undefined;
  readonly actor?: string | undefined;
}

/** What administration did: on a day, or to one target; oldest first. */
export async function auditLines(
  place: Place,
  { day, target, actor }: About,
): Promise<readonly AuditRow[]> {
  if (day !== undefined && target !== undefined) throw new UsageError('A day, or a target.');
  const lines: AuditRow[] = [];
  const selection = target === undefined ? ofDay(day ?? today()) : ofTarget(target);
  const TableName = place.output('AuditTableName');
  const pages = paginateQuery({ client: openDocuments(place) }, { TableName, ...selection });
  for await (const page of pages) lines.push(...((page.Items ?? []) as AuditRow[]));
  return lines.filter((line) => actor === undefined || line.actor === actor);
}

const today = (): string => new Date().toISOString().slice(0, 'yyyy-mm-dd'.length);

type Selection = Omit<QueryCommandInput, 'TableName'>;

const ofDay = (day: string): Selection => ({
  KeyConditionExpression: '#day = :day',
  ExpressionAttributeNames: { '#day': 'day' },
  ExpressionAttributeValues: { ':day': day },
});

const ofTarget = (target: string): Selection => ({
  IndexName: TARGET_INDEX,
  KeyConditionExpression: 'target = :target',
  ExpressionAttributeValues: { ':target': target },
});
