/**
 * A gate makes the stage misbehave at one of its wires, as AWS may do at any time and no local engine
 * does. It knows nothing of what stands behind the wire, so that it holds for any implementation.
 */

/** Where a gate stands: which wire of the stage asks it. */
export type Place = 'call' | 'route' | 'batch' | 'shard' | 'index' | 'ttl';

/** Which of those that it is for a gate acts on. */
interface Count {
  /** It acts from the nth on. @default 1 */
  readonly nth: number;
  /** On so many of them, or until it is opened. @default 1; of kinds that last, until it is opened */
  readonly times: number | 'always';
  /** Of those, on each with this chance. @default 1 */
  readonly chance: number;
  /** Starts the generator that chance asks. @default 1 */
  readonly seed: number;
}

/** A gate as it stands. Patterns are names with `*` for anything. */
export interface Gate extends Count {
  readonly id: string;
  readonly at: Place;
  /** A name of the catalogue of its place. */
  readonly do: string;
  /** Pattern of the function concerned: its logical id or its path in the construct tree. @default anybody */
  readonly by: string;
  /** Pattern of what is concerned, in the words of its place. @default anything */
  readonly what: string;
  /** Text that has to occur in it: a table's name, a topic, a connection id. @default any */
  readonly about: string;
  /** Before the thing is done, or after it, when only its answer is left. @default before */
  readonly when: 'before' | 'after';
  /** Of delays; in the stage's time. */
  readonly ms: number;
  /** Of repetitions: how many more. @default 1 */
  readonly more: number;
}

/** What a kind of gate does, and the behaviour of AWS that it stands for. */
export interface Kind {
  readonly does: string;
  readonly standsFor: string;
  /** It may also act `after`. */
  readonly after?: true;
  /** It needs `ms`. */
  readonly ms?: true;
  /** It may say how many `more`. */
  readonly more?: true;
  /** It acts until it is opened unless it says otherwise. */
  readonly lasts?: true;
  /** The only `what` that it makes sense for. */
  readonly only?: RegExp;
}
