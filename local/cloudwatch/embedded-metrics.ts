/** One value of one metric, as a line of a log brought it. */
export interface Value {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  /** `name=value` of each, in order. */
  readonly dimensions: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly values: readonly number[];
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
}

type Line = Readonly<Record<string, unknown>> & {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly Directive[] };
};

/**
 * The values of a line in CloudWatch's embedded metric format. Throws a sentence for one that CloudWatch
 * would pass over without a word.
 */
export function readEmbedded(line: string): Value[] {
  const json = JSON.parse(line) as Line;
  const { Timestamp: at, CloudWatchMetrics: directives } = json._aws;
  if (!Number.isInteger(at)) throw new Error('its Timestamp is no number of milliseconds');
  return directives.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((set) =>
      Metrics.map(({ Name: name, Unit: unit = 'None' }) => ({
        namespace,
        name,
        unit,
        dimensions: set.map((dimension) => `${dimension}=${textAt(json, dimension)}`),
        at,
        values: numbersAt(json, name),
      })),
    ),
  );
}

function textAt(json: Line, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new Error(`its dimension ${name} is no text`);
  return value;
}

function numbersAt(json: Line, name: string): readonly number[] {
  const values = [json[name]].flat();
  if (values.length > 100) throw new Error(`${name} has more than 100 values`);
  if (!values.every((value) => typeof value === 'number' && Number.isFinite(value))) {
    throw new Error(`${name} is not made of numbers`);
  }
  return values as number[];
}
