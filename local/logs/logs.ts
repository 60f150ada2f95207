import { randomUUID } from 'node:crypto';
import { type AwsCall, AwsFault, type Service, type StageContext } from '../service.ts';
import { readLogGroup } from './log-files.ts';
import { type LogEvent, readQuery } from './query.ts';

interface StartQuery {
  readonly logGroupNames?: readonly string[];
  readonly queryString?: string;
  readonly startTime?: number;
  readonly endTime?: number;
}

type Row = readonly { readonly field: string; readonly value: string }[];

/** CloudWatch Logs, as far as queries go: what functions wrote, asked in the language of Logs Insights. */
export function createLogs(context: StageContext): Service {
  const answers = new Map<string, readonly Row[]>();

  const startQuery = async (
    { logGroupNames = [], queryString = '', startTime = 0, endTime = 0 }: StartQuery,
    { principal }: AwsCall,
  ) => {
    for (const group of logGroupNames) {
      context.access.demand(principal, 'logs:StartQuery', arnOf(context, group));
    }
    const query = readQuery(queryString);
    const groups = await Promise.all(
      logGroupNames.map(async (group) => {
        const events = await readLogGroup(context, group);
        if (events) return events;
        throw new AwsFault('ResourceNotFoundException', `Log group ${group} does not exist.`);
      }),
    );
    const within = ({ at }: LogEvent) => at >= startTime * 1000 && at < (endTime + 1) * 1000;
    const found = groups.flat().filter((event) => within(event) && query.isAskedFor(event));
    const sign = query.order === 'asc' ? 1 : -1;
    found.sort((a, b) => sign * (a.at - b.at));
    const queryId = randomUUID();
    answers.set(
      queryId,
      found.slice(0, query.most).map((event) => rowOf(event, query.fields)),
    );
    return { queryId };
  };

  const getQueryResults = ({ queryId = '' }: { queryId?: string }, { principal }: AwsCall) => {
    context.access.demand(principal, 'logs:GetQueryResults', '*');
    const results = answers.get(queryId);
    if (results === undefined) {
      throw new AwsFault('ResourceNotFoundException', `Query ${queryId} does not exist.`);
    }
    answers.delete(queryId);
    return { status: 'Complete', results };
  };

  return {
    name: 'logs',
    scopes: ['logs'],
    start: async () => 'queries of what functions wrote',
    stop: async () => answers.clear(),
    async handle(call) {
      const input = JSON.parse(call.body.toString() || '{}');
      const operations: Readonly<Record<string, () => object | Promise<object>>> = {
        StartQuery: () => startQuery(input, call),
        GetQueryResults: () => getQueryResults(input, call),
      };
      const operation = operations[call.action];
      if (operation === undefined) {
        throw new AwsFault(
          'UnknownOperationException',
          `The local stage runs queries of logs only, not logs:${call.action}.`,
        );
      }
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify(await operation()),
      };
    },
  };
}

const arnOf = ({ region, account }: StageContext, group: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${group}:*`;

function rowOf({ at, log, text }: LogEvent, fields: readonly string[]): Row {
  const known: Readonly<Record<string, string>> = {
    '@timestamp': new Date(at).toISOString().replace('T', ' ').replace('Z', ''),
    '@message': text,
    '@log': log,
  };
  return fields.flatMap((field) =>
    known[field] === undefined ? [] : [{ field, value: known[field] }],
  );
}
