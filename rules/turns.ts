/**
 * Who is asked in this round of many, where the budget is smaller than the crowd: told by their ids, so
 * that nobody has to write down who was asked when. Each is asked once in `rounds` rounds.
 */
export interface Turns<Row> {
  readonly asked: readonly Row[];
  readonly rounds: number;
}

export function turnsOf<Row extends { readonly connectionId: string }>(
  crowd: readonly Row[],
  budget: number,
  round: number,
): Turns<Row> {
  if (crowd.length <= budget) return { asked: crowd, rounds: 1 };
  // A little below the budget, since ids do not part evenly.
  const rounds = Math.ceil(crowd.length / (0.8 * budget));
  const turn = round % rounds;
  const asked = crowd.filter(({ connectionId }) => spread(connectionId) % rounds === turn);
  return { asked: asked.slice(0, budget), rounds };
}

const spread = (id: string): number =>
  [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
