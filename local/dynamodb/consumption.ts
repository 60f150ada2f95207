import { crc32 } from 'node:zlib';
import type { EngineAnswer } from './engine.ts';

/** Request units that a call took, as the engine counted them. */
export interface Consumption {
  readonly reads?: number;
  readonly writes?: number;
}

const reading = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const writing = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);

/** True where the engine can tell what a call takes, and its caller does not ask for that. */
export const isCountable = (
  action: string,
  input: { readonly ReturnConsumedCapacity?: unknown },
): boolean =>
  (reading.has(action) || writing.has(action)) && input.ReturnConsumedCapacity === undefined;

/** The request, which asks for it. */
export const asking = (body: Buffer): Buffer => {
  // It has been read before: what stands first is the bracket of an object.
  const rest = body.toString().trimStart().slice(1);
  const isEmpty = rest.trim() === '}';
  return Buffer.from(`{"ReturnConsumedCapacity":"TOTAL"${isEmpty ? '' : ','}${rest}`);
};

/** The answer as its caller is to have it, and what it told. A fault tells nothing. */
export function counted(
  action: string,
  answer: EngineAnswer,
): { readonly answer: EngineAnswer; readonly consumed: Consumption } {
  if (answer.status !== 200) return { answer, consumed: {} };
  const { text, capacity } = takeOut(answer.body.toString());
  const units = [capacity ?? []].flat().reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0);
  const body = Buffer.from(text);
  const headers = { ...answer.headers, 'x-amz-crc32': String(crc32(body)) };
  return {
    answer: { ...answer, headers, body },
    consumed: reading.has(action) ? { reads: units } : { writes: units },
  };
}

interface Capacity {
  readonly CapacityUnits?: number;
}

/** The engine tells it last, so that a long answer need not be read for it. */
const AT_THE_END = /,?"ConsumedCapacity":(\{[^{}]*\}|\[[^[\]]*\])\}$/;
const LONGEST = 2000;

function takeOut(text: string) {
  const tail = text.slice(-LONGEST);
  const found = AT_THE_END.exec(tail);
  if (found?.[1] !== undefined) {
    const capacity = JSON.parse(found[1]) as Capacity | Capacity[];
    return { text: `${text.slice(0, text.length - found[0].length)}}`, capacity };
  }
  const { ConsumedCapacity: capacity, ...rest } = JSON.parse(text) as {
    readonly ConsumedCapacity?: Capacity | Capacity[];
  };
  return { text: JSON.stringify(rest), capacity };
}
