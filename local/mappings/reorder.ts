import { textOfKeys } from './lane.ts';

/**
 * The records of a batch in another order, drawn by `random`. Of a stream, those of one item keep theirs:
 * AWS promises no other. Of a queue, none does.
 */
export function reorder(records: readonly object[], random: () => number): readonly object[] {
  const drawn = records.map((record) => ({ item: itemOf(record), place: random() }));
  const places = new Map<unknown, number[]>();
  for (const { item, place } of drawn) places.set(item, [...(places.get(item) ?? []), place]);
  for (const those of places.values()) those.sort((a, b) => b - a);
  // Each takes the first place that is left of its item's own.
  const placed = records.map((record, at) => ({
    record,
    place: places.get(drawn[at]?.item)?.pop() ?? 0,
  }));
  return placed.sort((a, b) => a.place - b.place).map(({ record }) => record);
}

/** A message of a queue is its own. */
const itemOf = (record: { readonly dynamodb?: { readonly Keys: object } }): unknown =>
  record.dynamodb ? textOfKeys(record.dynamodb.Keys) : record;
