import { describe, expect, it } from 'vitest';
import { aimOf, countOf, type Gate, gateOf, type Wish } from '../../web/src/operator/gates-api.ts';

const empty: Wish = {
  ...{ at: 'call', do: 'delay', by: '', what: '', about: '', when: '' },
  ...{ ms: '', more: '', nth: '', times: '', chance: '', seed: '' },
};
const kind = { does: '', standsFor: '' } as const;

describe('a gate that is asked for', () => {
  it('leaves out what is empty, so that the stage’s own default holds', () => {
    expect(gateOf(empty, kind)).toEqual({ at: 'call', do: 'delay' });
  });

  it('has numbers as numbers, and words as they are: the stage answers those', () => {
    const wish = { ...empty, ms: '50', nth: '3', times: 'always', chance: 'half', what: '12' };
    expect(gateOf(wish, { ...kind, ms: true })).toEqual({
      at: 'call',
      do: 'delay',
      ms: 50,
      nth: 3,
      times: 'always',
      chance: 'half',
      what: '12',
    });
  });

  it('leaves out what its kind does not take', () => {
    const wish = { ...empty, ms: '50', more: '2', when: 'after' };
    expect(gateOf(wish, kind)).toEqual({ at: 'call', do: 'delay' });
    expect(gateOf(wish, { ...kind, ms: true, more: true, after: true })).toMatchObject({
      ms: 50,
      more: 2,
      when: 'after',
    });
  });
});

describe('a gate that stands', () => {
  const gate: Gate = {
    ...{ id: '1', at: 'call', do: 'gone', by: '*', what: '*', about: '', when: 'before', ms: 0 },
    ...{ more: 1, nth: 1, times: 1, chance: 1, seed: 1, matched: 0, acted: 0 },
  };
  it.each([
    [{}, 'anything', 'once'],
    [
      { by: '*FanOut*', what: 'execute-api:POST', about: 'Pet', when: 'after', nth: 3 },
      'execute-api:POST, by *FanOut*, about Pet, after it was done',
      'from number 3 on, once',
    ],
    [{ times: 'always', chance: 0.5 }, 'anything', 'on all of them, each with a chance of 0.5'],
    [{ times: 4 }, 'anything', 'on 4 of them'],
  ] as const)('says what it is for: %j', (more, aim, count) => {
    const each = { ...gate, ...more };
    expect([aimOf(each), countOf(each)]).toEqual([aim, count]);
  });
});
