import { TOPICS_PER_REQUEST } from '../contract/limits.ts';
import { backoffMs } from './backoff.ts';
import { type Connection, Unanswered } from './connection.ts';
import { cureOf } from './cure.ts';

/** One request about some topics. Rejects with {@link Unanswered}. */
export interface Job<Topic> {
  readonly topics: readonly Topic[];
  run(on: Connection): Promise<void>;
}

interface Work<Topic> {
  /** The next thing to do, about at most so many topics. */
  next(most: number): Job<Topic> | undefined;
  /** What was asked about this one topic will never be granted. */
  refused(topic: Topic, failure: Unanswered): void;
  /** Only a new socket helps. */
  useless(failure: Unanswered): void;
  /** There is nothing left to do. */
  settled(): void;
}

export interface Settler {
  /** Does what is to be done; harmless when that is under way. */
  settle(): void;
  /** On this connection from now on, or on none. */
  use(connection: Connection | undefined): void;
}

/** Does one job after the other, because parallel invocations overtake each other. */
export function createSettler<Topic>(work: Work<Topic>): Settler {
  let connection: Connection | undefined;
  let busy: Connection | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const rest = (ms: number): Promise<void> =>
    new Promise((done) => {
      resting = setTimeout(done, ms);
    });

  async function run(on: Connection): Promise<void> {
    let most = TOPICS_PER_REQUEST;
    let tries = 0;
    for (let job = work.next(most); job && on === connection; job = work.next(most)) {
      try {
        await job.run(on);
        tries = 0;
      } catch (failure) {
        if (!(failure instanceof Unanswered)) throw failure;
        if (on !== connection) return;
        const cure = cureOf(failure.code);
        if (cure === 'new-socket') return work.useless(failure);
        if (cure === 'wait') await rest(backoffMs(++tries));
        // One by one, so that only the topic at fault is left out.
        else if (job.topics.length > 1) most = 1;
        else for (const topic of job.topics) work.refused(topic, failure);
      }
    }
    if (on !== connection) return;
    busy = undefined;
    work.settled();
  }

  return {
    settle() {
      if (!connection || busy === connection) return;
      busy = connection;
      void run(connection);
    },
    use(next) {
      connection = next;
      // Whoever rests is left there: its socket is gone, and with it all that it could do.
      clearTimeout(resting);
    },
  };
}
