/** Values by name, of which the oldest are forgotten. */
export interface Memory<Value> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
  delete(name: string): void;
}

/**
 * At most so many values, and at least the latest half of them. In two halves, of which the older one is thrown away
 * whole: taking the oldest out of a map one by one has it look over all places that were emptied before, which takes
 * the longer, the more there are.
 */
export function openMemory<Value>(most: number): Memory<Value> {
  let older = new Map<string, Value>();
  let newer = new Map<string, Value>();
  return {
    get: (name) => newer.get(name) ?? older.get(name),
    set(name, value) {
      older.delete(name);
      newer.set(name, value);
      if (newer.size * 2 < most) return;
      older = newer;
      newer = new Map();
    },
    delete(name) {
      newer.delete(name);
      older.delete(name);
    },
  };
}
