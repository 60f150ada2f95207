import { auditLines } from '../operator/audit.ts';
import type { Command } from './command.ts';

const list: Command = {
  usage: '[--day YYYY-MM-DD | --target connection#ID] [--actor A]',
  says: 'what administration did: of today, of a day, or to one target',
  options: ['day', 'target', 'actor'],
  async run(place, { options: { day, target, actor } }) {
    const lines = await auditLines(place, { day, target, actor });
    return {
      json: { lines },
      rows: lines.map(({ at, actor: who, act, target: whom, outcome }) => ({
        at,
        actor: who,
        act,
        target: whom,
        outcome,
      })),
      sentence: `${lines.length} lines`,
    };
  },
};

export const audit = { ls: list };
