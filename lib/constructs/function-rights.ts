import {
  type FunctionName,
  type FunctionSpec,
  functions,
  type QueueName,
  queues,
  type SocketCall,
  streamFailures,
} from '../../contract/functions.ts';
import { type TableName, tables } from '../../contract/tables.ts';
import { keysOf } from '../records.ts';
import {
  consumeRight,
  keyReadRight,
  keyWriteRight,
  lookIntoRight,
  putEventsRight,
  queryLogsRights,
  type Right,
  sendBackRight,
  sendRight,
  socketRight,
  streamRights,
  tableRights,
  takeDeadLettersRight,
  usersRight,
} from './right.ts';
import { type StreamFunction, streamSources } from './stream-sources.ts';

/** The ARNs that rights are about. */
export interface Arns {
  table(table: TableName): string;
  stream(table: TableName): string;
  queue(queue: QueueName): string;
  /** Where lies what its function could not take. */
  deadLetters(queue: QueueName): string;
  /** Where the batches go that a stream's function could not take. */
  failures(name: StreamFunction): string;
  socketCall(call: SocketCall): string;
  /** The logs of functions that note facts of the journal. */
  readonly journal: readonly string[];
  readonly eventBus: string;
  readonly userPool: string;
  /** What tables and queues are encrypted with, where it is a key that asks for rights. */
  readonly key?: string | undefined;
}

/** All that a function may do, its log apart: what it declares, and what its trigger asks of it. */
export function functionRights(name: FunctionName, arns: Arns): readonly Right[] {
  const spec: FunctionSpec = functions[name];
  return [
    ...keysOf(tables).flatMap((table) => tableRights(arns.table(table), spec.tables[table] ?? [])),
    ...(spec.sends ?? []).map((queue) => sendRight(arns.queue(queue))),
    ...(spec.sockets ? [socketRight(spec.sockets.map(arns.socketCall))] : []),
    ...(spec.redrives ? redriveRights(arns) : []),
    ...(spec.readsJournal ? queryLogsRights(arns.journal) : []),
    ...(spec.putsEvents ? [putEventsRight(arns.eventBus)] : []),
    ...(spec.users ? [usersRight(arns.userPool, spec.users)] : []),
    ...keysOf(queues)
      .filter((queue) => queues[queue].consumer === name)
      .map((queue) => consumeRight(arns.queue(queue))),
    ...keysOf(streamSources)
      .filter((consumer) => consumer === name)
      .flatMap((consumer) => [
        ...streamRights(arns.stream(streamSources[consumer].table)),
        sendRight(arns.failures(consumer)),
      ]),
    ...keyRights(name, arns),
  ];
}

const reading: readonly string[] = ['get', 'batchGet', 'query', 'scan'];

/** Of whoever touches what is encrypted: to write for senders and writers, to read for the others. */
function keyRights(name: FunctionName, { key }: Arns): readonly Right[] {
  if (key === undefined) return [];
  const spec: FunctionSpec = functions[name];
  const verbs = Object.values(spec.tables).flatMap((declared) => declared ?? []);
  const followsStream = keysOf(streamSources).some((consumer) => consumer === name);
  const isWriter =
    verbs.some((verb) => !reading.includes(verb.split(' ', 1)[0] ?? '')) ||
    spec.sends !== undefined ||
    spec.redrives === true ||
    followsStream; // what it cannot take, its mapping sends to a queue in its name
  if (isWriter) return [keyWriteRight(key)];
  const consumes = keysOf(queues).some((queue) => queues[queue].consumer === name);
  return verbs.length > 0 || consumes ? [keyReadRight(key)] : [];
}

const redriveRights = (arns: Arns): readonly Right[] => [
  sendBackRight(keysOf(queues).map(arns.queue)),
  takeDeadLettersRight(keysOf(queues).map(arns.deadLetters)),
  lookIntoRight(streamFailures.map(arns.failures)),
];
