import type { Clock } from '../service.ts';

/** The engine stamps records by the machine's clock; this tells what the stage's clock said then. */
export interface EngineTime {
  /** To be called at each write and now and then, with the newest row id: notices that the stage's clock was moved. */
  note(newestRowId: number): void;
  /** When the stage's clock says that this row was written; ms. */
  stageTimeOf(rowId: number, createdAtS: number): number;
  /** The machine's time, in seconds, for a time of the stage. */
  machineSeconds(stageMs: number): number;
}

/** Below this a difference is the time between two readings, not a move of the clock. */
const NOTICEABLE_MS = 1_000;

export function createEngineTime(clock: Clock, newestRowId: number): EngineTime {
  // The one place here that asks the machine: this module's subject is the difference.
  const shift = () => clock.now() - Date.now();
  const moves = [{ after: 0, shiftMs: shift() }];
  let newest = newestRowId;

  return {
    note: (rowId) => {
      const shiftMs = shift();
      const latest = moves.at(-1);
      if (latest === undefined || Math.abs(shiftMs - latest.shiftMs) > NOTICEABLE_MS) {
        moves.push({ after: newest, shiftMs });
      }
      newest = rowId;
    },
    stageTimeOf: (rowId, createdAtS) => {
      const move = moves.findLast(({ after }) => after < rowId);
      return createdAtS * 1_000 + (move?.shiftMs ?? 0);
    },
    machineSeconds: (stageMs) => Math.floor((stageMs - shift()) / 1_000),
  };
}
