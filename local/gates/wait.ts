import type { Clock } from '../service.ts';
import type { Met } from './gates.ts';

/** Waits at a gate that holds or delays; any other keeps nobody waiting. */
export async function waitAt(clock: Clock, { gate, opened }: Met): Promise<void> {
  if (gate.do === 'hold') await opened;
  if (gate.do !== 'delay') return;
  await new Promise<void>((over) => {
    clock.at(clock.now() + gate.ms, over);
  });
}
