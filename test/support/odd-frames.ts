import fc from 'fast-check';
import { FRAME_BYTES } from '../../contract/limits.ts';

/** What an attacker can know of the place that is attacked. */
export interface Known {
  readonly tokens: readonly string[];
  readonly sessionIds: readonly string[];
  readonly connectionIds: readonly string[];
  readonly topics: readonly string[];
}

/**
 * Frames that a hostile or broken client might send: messages of the protocol, most of them with
 * something wrong in their fields or in their text. None is larger than API Gateway takes.
 */
export function oddFrames(known: Known): fc.Arbitrary<string> {
  const message = messages(known);
  const value = oddValues(known);
  return fc
    .tuple(
      message,
      fc.array(fieldChanges(value), { maxLength: 2 }),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(textChanges, { minLength: 1, maxLength: 3 }) },
      ),
    )
    .map(([fields, inFields, inText]) => {
      const changed = inFields.reduce<readonly Field[]>((all, change) => change(all), fields);
      return inText.reduce((text, change) => change(text), write(changed));
    })
    .filter((text) => Buffer.byteLength(text) <= LARGEST);
}

/** Leaves room for the tokens that stand in later for a word. */
const LARGEST = FRAME_BYTES - 8 * 1024;

/** Fields in a list, not in an object: a name may stand there twice, and be `__proto__`. */
type Field = readonly [name: string, value: unknown];

const write = (fields: readonly Field[]): string =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join()}}`;

function messages({ tokens, sessionIds, connectionIds, topics }: Known): fc.Arbitrary<Field[]> {
  const one = (...of: readonly string[]) => fc.constantFrom(...of);
  const topic = one(...topics);
  const some = fc.array(topic, { minLength: 1, maxLength: 5 });
  const epoch = fc.oneof(fc.constant(null), fc.string({ maxLength: 10 }));
  const cursors = fc.array(fc.record({ topic, epoch, seq: fc.nat(20) }), {
    minLength: 1,
    maxLength: 4,
  });
  const shapes: Record<string, fc.Arbitrary<unknown>>[] = [
    { token: one(...tokens), sessionId: one(...sessionIds), replaces: one(...connectionIds) },
    { token: one(...tokens), sessionId: one(...sessionIds) },
    { topics: some, cursors },
    { topics: some },
    { cursors, limit: fc.nat(600) },
    { cursors },
    { positions: cursors },
    {},
  ];
  const actions = ['authenticate', 'authenticate', 'subscribe', 'subscribe'];
  const rest = ['unsubscribe', 'readNotifications', 'readNotifications'];
  return fc.oneof(
    ...[...actions, ...rest].map((action, at) =>
      fields({ action: fc.constant(action), id: fc.uuid(), ...shapes[at === 4 ? 3 : at] }),
    ),
    ...shapes.slice(-2).map((shape) => fields({ type: fc.constant('ping'), ...shape })),
  );
}

const fields = (shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Field[]> =>
  fc.record(shape).map((message) => Object.entries(message));

function oddValues({ tokens, sessionIds, connectionIds, topics }: Known): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<unknown>(...tokens, ...sessionIds, ...connectionIds, ...topics),
    fc.constantFrom<unknown>(null, true, -1, 0.5, 1e308, 2 ** 53, '', [], {}, [[]], [null]),
    fc.constantFrom('a#b', '#head', 'user/somebody', 'a//b', '\ud800', '\0', '__proto__', 'ping'),
    fc.integer({ min: 1, max: 5_000 }).map((length) => 'x'.repeat(length)),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(fc.constantFrom(...topics, 'a#b', ''), { maxLength: 120 }),
    fc.integer({ min: 1, max: 100 }).map((depth) => nest(depth)),
  );
}

const nest = (depth: number): unknown => (depth === 0 ? 7 : [nest(depth - 1)]);

type Change<Whole> = (whole: Whole) => Whole;

function fieldChanges(value: fc.Arbitrary<unknown>): fc.Arbitrary<Change<readonly Field[]>> {
  const name = fc.constantFrom(
    ...['action', 'type', 'id', 'v', 'token', 'sessionId', 'tenant', 'replaces', 'topics'],
    ...['cursors', 'limit', 'positions', '__proto__', 'constructor', 'toString', 'length', ''],
  );
  return fc.oneof(
    fc.tuple(name, value).map(([name, value]): Change<readonly Field[]> => {
      return (all) => [...all.filter(([other]) => other !== name), [name, value]];
    }),
    fc.tuple(name, value).map(([name, value]): Change<readonly Field[]> => {
      return (all) => [...all, [name, value]];
    }),
    fc.nat(9).map((at): Change<readonly Field[]> => {
      return (all) => all.filter((_, index) => index !== at % all.length);
    }),
    fc.tuple(fc.nat(9), value).map(([at, value]): Change<readonly Field[]> => {
      return (all) => all.map(([name, old], i) => [name, i === at % all.length ? value : old]);
    }),
  );
}

const textChanges: fc.Arbitrary<Change<string>> = fc.oneof(
  place((text, at) => text.slice(0, at)),
  place((text, at) => text.slice(at)),
  place((text, at) => text.slice(0, at) + text.slice(at + 1)),
  place((text, at) => text.slice(at) + text.slice(0, at)),
  fc
    .tuple(
      fc.nat(),
      fc.constantFrom(...'{}[]",:\\\'\0\u2028\ufeff ', '\\u0000', '\\ud800', '//', '1e9'),
    )
    .map(([seed, piece]) => at(seed, (text, at) => text.slice(0, at) + piece + text.slice(at))),
  fc.constantFrom<Change<string>>(
    (text) => text + text,
    (text) => `[${text}]`,
    (text) => JSON.stringify(text),
    (text) => `\ufeff${text}`,
    (text) => ` ${text}\n`,
    (text) => text.replaceAll('"', "'"),
    (text) => text.replace(/"(\w+)":/g, '$1:'),
    (text) => text.replace(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
    () => '',
  ),
);

function place(change: (text: string, at: number) => string): fc.Arbitrary<Change<string>> {
  return fc.nat().map((seed) => at(seed, change));
}

const at =
  (seed: number, change: (text: string, at: number) => string): Change<string> =>
  (text) =>
    change(text, seed % (text.length + 1));
