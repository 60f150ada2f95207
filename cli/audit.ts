import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { type AuditRow, TARGET_INDEX } from '../contract/tables.ts';
import { openDocuments } from '../operator/aws.ts';
import { UsageError } from '../operator/errors.ts';
import type { Command } from './command.ts';

const list: Command = {
  usage: '[--day YYYY-MM-DD | --target connection#ID] [--actor A]',
  says: 'what administration did: of today, of a day, or to one target',
  options: ['day', 'target', 'actor'],
  async run(place, { options: { day, target, actor } }) {
    if (day !== undefined && target !== undefined) throw new UsageError('A day, or a target.');
    const lines: AuditRow[] = [];
    const selection = target === undefined ? ofDay(day ?? today()) : ofTarget(target);
    const TableName = place.output('AuditTableName');
    const pages = paginateQuery({ client: openDocuments(place) }, { TableName, ...selection });
    for await (const page of pages) lines.push(...((page.Items ?? []) as AuditRow[]));
    const shown = lines.filter((line) => actor === undefined || line.actor === actor);
    return {
      json: { lines: shown },
      rows: shown.map(({ at, actor: who, act, target: whom, outcome }) => ({
        at,
        actor: who,
        act,
        target: whom,
        outcome,
      })),
      sentence: `${shown.length} lines`,
    };
  },
};

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

export const audit = { ls: list };
