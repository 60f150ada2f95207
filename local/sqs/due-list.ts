/** Things in the order in which they fall due; of two that fall due together, the one added first. */
export interface DueList<T extends { readonly id: string }> {
  add(thing: T, due: number): void;
  /** Takes it out; undefined when it is not there. */
  remove(id: string): T | undefined;
  get(id: string): T | undefined;
  /** The first one that is due, left where it is. */
  firstDue(now: number): T | undefined;
  /** When the first one after that time falls due. */
  nextDue(now: number): number | undefined;
  readonly size: number;
  values(): Iterable<T>;
}

interface Place<T> {
  readonly thing: T;
  readonly due: number;
  readonly order: number;
}

export function createDueList<T extends { readonly id: string }>(): DueList<T> {
  // Nearly everything is added at the end and taken from the front, so that a sorted array beats a heap.
  const places: Place<T>[] = [];
  const byId = new Map<string, Place<T>>();
  let order = 0;

  /** The index of the first place that is not before this. */
  const indexOf = (due: number, wantedOrder: number) => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const place = places[middle] as Place<T>;
      const isBefore = place.due < due || (place.due === due && place.order < wantedOrder);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    add: (thing, due) => {
      const place = { thing, due, order: order++ };
      places.splice(indexOf(due, place.order), 0, place);
      byId.set(thing.id, place);
    },
    remove: (id) => {
      const place = byId.get(id);
      if (place === undefined) return undefined;
      places.splice(indexOf(place.due, place.order), 1);
      byId.delete(id);
      return place.thing;
    },
    get: (id) => byId.get(id)?.thing,
    firstDue: (now) => {
      const [first] = places;
      return first !== undefined && first.due <= now ? first.thing : undefined;
    },
    nextDue: (now) => places[indexOf(now, Number.MAX_SAFE_INTEGER)]?.due,
    get size() {
      return byId.size;
    },
    values: () => places.map(({ thing }) => thing),
  };
}
