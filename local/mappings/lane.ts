import type { StreamRecord } from '../dynamodb/streams.ts';

/** One of those that read a stream side by side: the `index`th of the `of` parts that its items fall to. */
export interface Lane {
  readonly index: number;
  readonly of: number;
}

export const lanesOf = (count: number): readonly Lane[] =>
  Array.from({ length: count }, (_, index) => ({ index, of: count }));

/** Two lanes that together read what this one reads. */
export const halvesOf = ({ index, of }: Lane): readonly [Lane, Lane] => [
  { index, of: 2 * of },
  { index: index + of, of: 2 * of },
];

/** The same for the same item: the engine writes keys in any order. */
export const textOfKeys = (keys: object): string =>
  JSON.stringify(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Records of one item always fall to the same lane, so that their order is kept. */
export function isOnLane(record: StreamRecord, { index, of }: Lane): boolean {
  if (of === 1) return true;
  let sum = 0;
  for (const character of textOfKeys(record.event.dynamodb.Keys)) {
    sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return sum % of === index;
}
