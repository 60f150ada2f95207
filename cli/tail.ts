import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from '../operator/errors.ts';
import { readFacts } from '../operator/facts.ts';
import type { Command } from './command.ts';

const LOOK_EVERY_MS = 2000;
/** Lines come a little late, and out of order between functions: each look goes back so far. */
const OVERLAP_MS = 15_000;

/** Facts of connections and sessions as they are noted, until Ctrl-C. */
export const tail: Command = {
  usage: '[--user U] [--session S] [--topic T] [--connection ID] [--since MINUTES]',
  says: 'what functions note, as it happens; with --since, also what was',
  options: ['user', 'session', 'topic', 'connection', 'since'],
  goesOn: true,
  async run(place, asked) {
    const minutes = Number(asked.options.since ?? 0);
    if (!Number.isFinite(minutes) || minutes < 0) throw new UsageError('--since takes minutes.');
    const began = Date.now() - minutes * 60_000;
    const told = new Map<string, number>();
    while (!asked.signal.aborted) {
      const to = Date.now();
      const from = Math.max(began, (told.size > 0 ? to : began) - OVERLAP_MS);
      const lines = await readFacts(place, asked.options, { from, to });
      for (const line of lines.toReversed()) {
        const mark = JSON.stringify(line);
        if (Date.parse(line.at) < began || told.has(mark)) continue;
        told.set(mark, to);
        asked.tell(line);
      }
      for (const [mark, at] of told) if (at < to - 4 * OVERLAP_MS) told.delete(mark);
      await pause(LOOK_EVERY_MS, undefined, { signal: asked.signal }).catch(() => {});
    }
    return { json: undefined };
  },
};
