import type { Place } from '../../operator/place.ts';
import type { Asked } from '../command.ts';

/** What a look at one thing came to; `isWell` is undefined where there was nothing to judge. */
export interface Diagnosis {
  readonly isWell: boolean | undefined;
  readonly says: string;
  /** What to do about it. */
  readonly todo?: string;
}

/** One question of those that document s4 asks whoever looks for trouble [S4-11]. */
export interface Check {
  readonly trouble: 'Connection not established' | 'Events not received' | 'High connection count';
  readonly question: string;
  look(place: Place, asked: Asked): Promise<Diagnosis>;
}

export const well = (says: string): Diagnosis => ({ isWell: true, says });
export const bad = (says: string, todo: string): Diagnosis => ({ isWell: false, says, todo });
export const unclear = (says: string, todo?: string): Diagnosis => ({
  isWell: undefined,
  says,
  ...(todo !== undefined && { todo }),
});
