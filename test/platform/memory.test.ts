import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemory } from '../../lambdas/platform/memory.ts';

it('holds what was set last, and the latest half of all that it has room for', () => {
  const act = fc.record({ name: fc.integer({ min: 0, max: 30 }), isDeleted: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.array(act, { maxLength: 200 }),
      (most, acts) => {
        const memory = openMemory<number>(most);
        /** Names with their last values, the latest last. */
        const known = new Map<string, number>();
        for (const [value, { name, isDeleted }] of acts.entries()) {
          known.delete(String(name));
          if (isDeleted) memory.delete(String(name));
          else {
            memory.set(String(name), value);
            known.set(String(name), value);
          }
          const names = Array.from({ length: 31 }, (_, at) => String(at));
          const held = names.filter((each) => memory.get(each) !== undefined);
          expect(held.length).toBeLessThanOrEqual(most);
          for (const each of held) expect(memory.get(each)).toBe(known.get(each));
          const latest = [...known.keys()].slice(-Math.floor(most / 2) + 1 || undefined);
          for (const each of most > 3 ? latest : []) expect(held).toContain(each);
        }
      },
    ),
  );
});
