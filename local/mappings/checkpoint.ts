import type { Store } from '../service.ts';

/** How far a mapping has got; outlives the stage. */
export interface Checkpoint {
  /** Where its lanes begin. */
  readonly start: number;
  keep(lane: number, position: number): void;
}

const AREA = 'mappings';

/**
 * One position for all lanes, the one furthest behind: whatever the number of lanes is at the next
 * start, nothing is passed over, and some of it may come twice.
 */
export function openCheckpoint(
  store: Store,
  { id, lanes }: { readonly id: string; readonly lanes: number },
  beginning: () => number,
): Checkpoint {
  const kept = store.get(AREA, id);
  const start = kept === undefined ? beginning() : Number(kept);
  const positions = new Array<number>(lanes).fill(start);
  let lowest = start;
  // Also where nothing was read yet: what LATEST means is decided once.
  store.set(AREA, id, String(start));

  return {
    start,
    keep: (lane, position) => {
      positions[lane] = position;
      const reached = Math.min(...positions);
      if (reached === lowest) return;
      lowest = reached;
      store.set(AREA, id, String(reached));
    },
  };
}
