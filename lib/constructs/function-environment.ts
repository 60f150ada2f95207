import {
  DEPLOYMENT_VARIABLE,
  type DoorSettings,
  EVENT_BUS_VARIABLE,
  HTTP_VARIABLE,
  JOURNAL_VARIABLE,
  PARKED_QUEUES_VARIABLE,
  queueVariable,
  type Settings,
  SOCKETS_VARIABLE,
  tableVariable,
  USER_POOL_CLIENT_VARIABLE,
  USER_POOL_VARIABLE,
} from '../../contract/environment.ts';
import type { FunctionSpec, QueueName } from '../../contract/functions.ts';
import { type TableName, tables } from '../../contract/tables.ts';
import { keysOf } from '../records.ts';

/** Those that are one word. */
export type PlainSettings = Omit<Settings, 'TOPICS'>;

/** What functions are told of their surroundings. */
export interface Surroundings {
  readonly settings: PlainSettings;
  readonly doorSettings: DoorSettings;
  /** The setting `TOPICS`, as JSON: stacks that come later open topics of theirs, so it may be told at the very end. */
  readonly topics: string;
  /** The dimension of every metric. */
  readonly deployment: string;
  readonly socketsEndpoint: string;
  readonly httpUrl: string;
  /** What the names of our functions' log groups begin with; the function's own follows. */
  readonly logPrefix: string;
  /** Names of queues in which something may lie, in the order of the contract. */
  readonly parkedQueues: readonly string[];
  readonly eventBusName: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  tableName(table: TableName): string;
  queueUrl(queue: QueueName): string;
}

/** A function is told the settings, and of the rest exactly what it declares. */
export function functionEnvironment(
  spec: FunctionSpec,
  known: Surroundings,
): Readonly<Record<string, string>> {
  const declared = keysOf(tables).filter((table) => spec.tables[table] !== undefined);
  return {
    ...asText(known.settings),
    ['TOPICS' satisfies keyof Settings]: known.topics,
    ...(spec.isDoor && asText(known.doorSettings)),
    [DEPLOYMENT_VARIABLE]: known.deployment,
    ...Object.fromEntries(declared.map((table) => [tableVariable(table), known.tableName(table)])),
    ...Object.fromEntries(
      (spec.sends ?? []).map((queue) => [queueVariable(queue), known.queueUrl(queue)]),
    ),
    ...(spec.sockets && { [SOCKETS_VARIABLE]: known.socketsEndpoint }),
    ...(spec.refersToHttp && { [HTTP_VARIABLE]: known.httpUrl }),
    ...(spec.redrives && { [PARKED_QUEUES_VARIABLE]: known.parkedQueues.join(',') }),
    ...(spec.readsJournal && { [JOURNAL_VARIABLE]: known.logPrefix }),
    ...(spec.putsEvents && { [EVENT_BUS_VARIABLE]: known.eventBusName }),
    ...(spec.knowsUserPool && {
      [USER_POOL_VARIABLE]: known.userPoolId,
      [USER_POOL_CLIENT_VARIABLE]: known.userPoolClientId,
    }),
  };
}

/** Lists are parted by commas. */
const asText = (settings: PlainSettings | DoorSettings): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
