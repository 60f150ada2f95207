import type { Store } from '../service.ts';
import { halvesOf, type Lane } from './lane.ts';

/** How far a mapping has got; outlives the stage. */
export interface Checkpoint {
  /** Where its lanes begin. */
  readonly start: number;
  keep(lane: Lane, position: number): void;
  /** From here on two lanes go on in its stead. */
  split(lane: Lane): readonly [Lane, Lane];
}

const AREA = 'mappings';

/**
 * One position for all lanes, the one furthest behind: whatever the number of lanes is at the next
 * start, nothing is passed over, and some of it may come twice.
 */
export function openCheckpoint(
  store: Store,
  { id, lanes }: { readonly id: string; readonly lanes: readonly Lane[] },
  beginning: () => number,
): Checkpoint {
  const kept = store.get(AREA, id);
  const start = kept === undefined ? beginning() : Number(kept);
  const positions = new Map(lanes.map((lane) => [lane, start]));
  let lowest = start;
  // Also where nothing was read yet: what LATEST means is decided once.
  store.set(AREA, id, String(start));

  return {
    start,
    keep: (lane, position) => {
      positions.set(lane, position);
      const reached = Math.min(...positions.values());
      if (reached === lowest) return;
      lowest = reached;
      store.set(AREA, id, String(reached));
    },
    split: (lane) => {
      const position = positions.get(lane) ?? start;
      positions.delete(lane);
      const halves = halvesOf(lane);
      for (const half of halves) positions.set(half, position);
      return halves;
    },
  };
}
