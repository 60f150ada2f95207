import type { DeliveryPage } from '../../contract/internal.ts';
import type { Random } from '../explore/random.ts';

/** A page on its way through one invocation; exactly one of the two says how that went. */
export interface Work {
  readonly page: DeliveryPage;
  done(): void;
  crashed(): void;
}

/** The queue of pages at its worst: at least once, in any order, a retry beside what it repeats. */
export interface PageQueue {
  /** Nothing waits, nor is under way. */
  isEmpty(): boolean;
  canWork(): boolean;
  send(page: DeliveryPage): void;
  take(): Work;
}

const MOST_AT_ONCE = 3;

export function openPageQueue(random: Random, tell: (what: string) => void): PageQueue {
  const waiting: DeliveryPage[] = [];
  let underWay = 0;
  return {
    isEmpty: () => waiting.length + underWay === 0,
    canWork: () => waiting.length > 0 && underWay < MOST_AT_ONCE,
    send: (page) => void waiting.push(JSON.parse(JSON.stringify(page))),
    take() {
      const [page] = waiting.splice(random.below(waiting.length), 1);
      if (page === undefined) throw new Error('No page waits.');
      underWay += 1;
      const again = () => {
        tell('page again');
        waiting.push(page);
      };
      if (random.chance(0.1)) again();
      return {
        page,
        done() {
          underWay -= 1;
        },
        crashed() {
          underWay -= 1;
          again();
        },
      };
    },
  };
}
