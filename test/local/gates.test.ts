import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { catalogue } from '../../local/gates/catalogue.ts';
import { createGates, type Gates, type Happening } from '../../local/gates/gates.ts';

const post: Happening = {
  at: 'call',
  by: ['RealtimeFanOut1A2B', 'Service/Realtime/FanOutFunction/Resource'],
  what: ['execute-api:POST'],
  text: () => '/prod/@connections/abc= {"topic":"Pet"}',
};
const gone = { at: 'call', do: 'gone' } as const;

let gates: Gates;
beforeEach(() => {
  gates = createGates();
});
const acting = (count: number, happening = post) =>
  Array.from({ length: count }, () => gates.meet(happening)?.gate.id);

describe('a gate', () => {
  it('acts on the first that it is for, once, unless it says otherwise', () => {
    expect(gates.areOpen).toBe(true);
    const { id } = gates.close(gone);
    expect(gates.areOpen).toBe(false);
    expect(acting(3)).toEqual([id, undefined, undefined]);
    expect(gates.list()).toMatchObject([{ id, matched: 3, acted: 1 }]);
  });

  it('acts from the nth on, so many times or always', () => {
    const { id } = gates.close({ ...gone, nth: 2, times: 2 });
    expect(acting(5)).toEqual([undefined, id, id, undefined, undefined]);
    gates.openAll();
    const always = gates.close({ ...gone, nth: 2, times: 'always' });
    expect(acting(4)).toEqual([undefined, ...[always, always, always].map((gate) => gate.id)]);
  });

  it.each([
    { by: 'RealtimeFanOut1A2B' },
    { by: '*/FanOutFunction/*' },
    { what: 'execute-api:*' },
    { about: 'abc=' },
    { about: '"Pet"' },
  ])('is for what all of its patterns fit: $by $what $about', (patterns) => {
    gates.close({ ...gone, ...patterns });
    expect(gates.meet(post)).toBeDefined();
  });

  it.each([
    { by: 'FanOut' },
    { by: '*(FanOut|x)*' },
    { what: 'execute-api:GET' },
    { about: 'abcd' },
    { by: '*FanOut*', about: 'Pot' },
  ])('is not for others: $by $what $about', (patterns) => {
    gates.close({ ...gone, ...patterns });
    expect(gates.meet(post)).toBeUndefined();
  });

  it('of a kind that makes sense for some things only is not for the others', () => {
    gates.close({ at: 'call', do: 'conflict', times: 'always' });
    expect(gates.meet(post)).toBeUndefined();
    expect(gates.meet({ ...post, what: ['dynamodb:GetItem'] })).toBeUndefined();
    expect(gates.meet({ ...post, what: ['dynamodb:TransactWriteItems'] })).toBeDefined();
  });

  it('with a chance acts on the same ones for the same seed', () => {
    const some = (seed: number) => {
      gates.openAll();
      gates.close({ ...gone, chance: 0.3, seed, times: 'always' });
      return acting(200).map((id) => id !== undefined);
    };
    expect(some(7)).toEqual(some(7));
    expect(some(7)).not.toEqual(some(8));
    const count = some(7).filter(Boolean).length;
    expect(count).toBeGreaterThan(40);
    expect(count).toBeLessThan(80);
  });

  it('leaves to an older one what both are for, and counts it', () => {
    const older = gates.close(gone);
    const younger = gates.close(gone);
    expect(acting(3)).toEqual([older.id, younger.id, undefined]);
    expect(gates.list()).toMatchObject([
      { matched: 3, acted: 1 },
      { matched: 3, acted: 1 },
    ]);
  });

  it('lets go of what it holds when it is opened, and says how it went', async () => {
    const { id } = gates.close({ at: 'call', do: 'hold' });
    const met = gates.meet(post);
    expect(gates.open(id)).toMatchObject({ id, acted: 1 });
    await met?.opened;
    expect(gates.open(id)).toBeUndefined();
    expect(gates.areOpen).toBe(true);
  });
});

describe('a gate that cannot be is refused with what there is instead', () => {
  it.each([
    [{}, '"at" is one of call, '],
    [{ at: 'door' }, '"at" is one of call, '],
    [{ at: 'call' }, '"do" is one of hold, delay, '],
    [{ at: 'call', do: 'explode' }, '"do" is one of hold, delay, '],
    [{ at: 'call', do: 'constructor' }, '"do" is one of hold, delay, '],
    [{ at: 'call', do: 'gone', colour: 1 }, 'A gate has no "colour", but at, do, '],
    [{ at: 'call', do: 'gone', by: 1 }, '"by" is a text'],
    [{ at: 'call', do: 'gone', nth: 0 }, '"nth" is a whole number from 1 on.'],
    [
      { at: 'call', do: 'gone', times: 'often' },
      '"times" is a whole number from 1 on, or "always"',
    ],
    [{ at: 'call', do: 'gone', chance: 2 }, '"chance" is a number above 0'],
    [{ at: 'call', do: 'gone', when: 'during' }, '"when" is "before" or "after".'],
    [{ at: 'call', do: 'conflict', when: 'after' }, '"conflict" acts before only'],
    [{ at: 'call', do: 'delay' }, '"delay" needs "ms"'],
    [{ at: 'call', do: 'gone', ms: 5 }, '"gone" takes no "ms".'],
    [{ at: 'call', do: 'pretend', what: 'dynamodb:PutItem' }, 'not for "dynamodb:PutItem"'],
  ])('%j', (wish, words) => {
    expect(() => gates.close(wish)).toThrow(words);
    expect(gates.list()).toEqual([]);
  });
});

it('docs/GATES.md tells of each gate what it stands for', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/GATES.md'), 'utf8');
  const rows = Object.entries(catalogue).flatMap(([place, kinds]) =>
    Object.entries(kinds).map(([name, { does, standsFor, after, ms }]) => {
      const extra = [after && '`when`', ms && '`ms`'].filter(Boolean).join(', ');
      return `| \`${place}\` | \`${name}\` | ${does} | ${extra} | ${standsFor} |`;
    }),
  );
  const [, table = ''] = /<!-- gates:begin[^\n]*-->\n([\s\S]*?)<!-- gates:end -->/.exec(page) ?? [];
  expect(table.trim().split('\n').slice(2)).toEqual(rows);
});
