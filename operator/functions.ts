import { type FunctionName, type FunctionSpec, functions, queues } from '../contract/functions.ts';
import type { TableName } from '../contract/tables.ts';

/** A function as the contract has it: what it does, what wakes it, what it may. */
export interface ListedFunction {
  readonly name: FunctionName;
  readonly does: string;
  /** The folder of its file: `routes`, `http`, `internal`, `streams`, `queues`, `schedules`, `authorizers`. */
  readonly wokenBy: string;
  readonly queue?: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly tables: Readonly<Partial<Record<TableName, readonly string[]>>>;
  /** What else it may, one each: `send delivery`, `post to sockets` … */
  readonly may: readonly string[];
  readonly scansBecause?: string;
}

export const listFunctions = (): readonly ListedFunction[] =>
  (Object.keys(functions) as FunctionName[]).map((name) => {
    const spec: FunctionSpec = functions[name];
    const queue = Object.entries(queues).find(([, { consumer }]) => consumer === name)?.[0];
    return {
      name,
      does: spec.does,
      wokenBy: spec.file.split('/')[0] ?? '',
      ...(queue !== undefined && { queue }),
      timeoutSeconds: spec.timeoutSeconds,
      memoryMb: spec.memoryMb,
      tables: spec.tables,
      may: mayOf(spec),
      ...(spec.scansBecause !== undefined && { scansBecause: spec.scansBecause }),
    };
  });

const mayOf = (spec: FunctionSpec): string[] => [
  ...(spec.sends ?? []).map((queue) => `send to the queue ${queue}`),
  ...(spec.sockets ?? []).map((call) => `${call} ${call === 'post' ? 'to sockets' : 'sockets'}`),
  ...(spec.users ?? []).map((call) => call),
  ...(spec.putsEvents ? ['put events on the bus'] : []),
  ...(spec.readsJournal ? ['read the journal'] : []),
  ...(spec.redrives ? ['take dead letters and send them back'] : []),
  ...(spec.isInvoked ? ['be invoked by IAM principals'] : []),
];
