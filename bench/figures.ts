/** One measured number. Its name carries its unit: `publishP50Ms`. */
export interface Figure {
  readonly name: string;
  /** What it is about, where several figures are about one thing: people see them on one line. */
  readonly of?: string;
  readonly value: number;
  /** What it should come to; a figure without one is there to compare with. */
  readonly target?: Target;
}

/** `atMost` or `atLeast`: what issue and documents ask for. `then`: where it should go from there. */
export interface Target {
  readonly is: 'atMost' | 'atLeast';
  readonly value: number;
  readonly then?: number;
}

export const atMost = (value: number, then?: number): Target => ({ is: 'atMost', value, then });
export const atLeast = (value: number, then?: number): Target => ({ is: 'atLeast', value, then });

/** What a bench hands back: its figures, and what a reader has to know to understand them. */
export interface Report {
  readonly figures: readonly Figure[];
  readonly notes?: readonly string[];
}

/** `share` of 0.99 gives p99. The nearest rank, so that each answer is one of the samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** Three significant digits below a thousand: more would pretend. */
export const rounded = (value: number): number =>
  Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));

/** A figure without a target has no verdict. */
function verdict({ value, target }: Figure): string {
  if (target === undefined) return '';
  const { is, value: aim, then } = target;
  const meets = (bound: number) => (is === 'atMost' ? value <= bound : value >= bound);
  const sign = is === 'atMost' ? '≤' : '≥';
  const aims = then === undefined ? `${sign} ${aim}` : `${sign} ${aim}, then ${then}`;
  return `${meets(aim) ? 'met' : 'MISSED'}  ${aims}`;
}

/** The report for machines. */
export const metrics = ({ figures }: Report): Readonly<Record<string, number>> =>
  Object.fromEntries(
    figures.map(({ of, name, value }) => [of ? `${of}.${name}` : name, rounded(value)]),
  );

/** The report for people. */
export function table({ figures, notes = [] }: Report): string {
  const groups = [...Map.groupBy(figures, ({ of, name }) => of ?? name)];
  const width = Math.max(...groups.map(([name]) => name.length));
  const lines = groups.map(([name, members]) => {
    const cells = members.map((figure) =>
      figure.of === undefined
        ? `${String(rounded(figure.value)).padEnd(8)} ${verdict(figure)}`
        : `${figure.name} ${rounded(figure.value)}`.padEnd(16),
    );
    return `${name.padEnd(width)}  ${cells.join(' ')}`.trimEnd();
  });
  return [...lines, ...notes.flatMap((note) => ['', note])].join('\n');
}
