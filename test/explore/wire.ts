import type { ConflictProxy } from '../support/conflict-proxy.ts';
import type { EveryReach } from '../support/engine.ts';
import { type Command, type Item, itemsWrittenBy } from './commands.ts';
import type { Random } from './random.ts';

/**
 * The way from flows to the engine, on which transactions take their time. One that is under way refuses
 * every other write to its items, in the words of AWS, and ends whether or not its sender lives to see it.
 */
export interface Wire {
  /** Carries a command out, unless a transaction that is under way refuses it. */
  send(command: Command): Promise<unknown>;
  /** Holds the items of a transaction; gives what ends it and tells the answer. */
  begin(command: Command): Promise<Ending>;
  /** A moment passes: whatever is under way ends. */
  settle(): Promise<void>;
}

type Ending = () => Promise<unknown>;
type Documents = EveryReach['documents'];

interface WireProps {
  readonly reach: EveryReach;
  readonly proxy: ConflictProxy;
  readonly random: Random;
  /** How likely a write meets the transaction of somebody whom the schedule does not know. */
  readonly strangers: number;
  /** Sends a command, and looks at what has changed. */
  readonly perform: (documents: Documents, command: Command) => Promise<unknown>;
}

export function openWire({ reach, proxy, random, strangers, perform }: WireProps): Wire {
  const underWay = new Set<Ending>();
  const held = new Set<string>();
  const textOf = ({ table, key }: Item) => JSON.stringify([table, key]);

  const hold = (items: readonly Item[]): (() => void) => {
    const letGo = items.map((item) => {
      held.add(textOf(item));
      const release = proxy.hold(item.table, item.key);
      return () => {
        held.delete(textOf(item));
        release();
      };
    });
    return () => {
      for (const each of letGo) each();
    };
  };

  const send: Wire['send'] = async (command) => {
    const items = itemsWrittenBy(reach, command);
    if (items.some((item) => held.has(textOf(item)))) return perform(proxy.documents, command);
    if (items.length === 0 || !random.chance(strangers)) return perform(reach.documents, command);
    const letGo = hold([random.pick(items)]);
    try {
      return await perform(proxy.documents, command);
    } finally {
      letGo();
    }
  };

  return {
    send,
    async begin(command) {
      const items = itemsWrittenBy(reach, command);
      if (items.some((item) => held.has(textOf(item)))) {
        await send(command);
        throw new Error('A transaction on items of another one has not been refused.');
      }
      const letGo = hold(items);
      let answer: Promise<unknown> | undefined;
      const end = (): Promise<unknown> => {
        underWay.delete(end);
        letGo();
        answer ??= perform(reach.documents, command);
        return answer;
      };
      underWay.add(end);
      return end;
    },
    async settle() {
      for (const end of underWay) await end().catch(() => undefined);
    },
  };
}
