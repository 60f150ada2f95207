import { setTimeout as pause } from 'node:timers/promises';
import type { Wish } from '../../local/gates/read-gate.ts';
import { DEFAULT, FAN_OUT, POST } from './steps.ts';
import type { Case, Torture } from './torture.ts';

export interface Load {
  readonly sockets: number;
  readonly topics: number;
  readonly seconds: number;
}

const TOPICS_EACH = 4;
const PUBLISHES_A_SECOND = 15;
const DROPS_A_SECOND = 3;
const HEARTBEAT_MS = 10_000;

const always = { times: 'always' } as const;
const write = 'dynamodb:*';

/** What AWS may do at any time, each now and then. */
const weather: readonly Wish[] = [
  { at: 'call', by: FAN_OUT, what: POST, do: 'gone', chance: 0.004, ...always },
  { at: 'call', by: FAN_OUT, what: POST, do: 'gone', when: 'after', chance: 0.002, ...always },
  { at: 'call', by: FAN_OUT, what: POST, do: 'throttle', chance: 0.02, ...always },
  { at: 'call', by: FAN_OUT, what: POST, do: 'error', chance: 0.01, ...always },
  { at: 'call', by: FAN_OUT, what: POST, do: 'error', when: 'after', chance: 0.005, ...always },
  { at: 'call', by: FAN_OUT, what: POST, do: 'pretend', chance: 0.001, ...always },
  // Longer than a post waits: given up on, and delivered late.
  { at: 'call', by: FAN_OUT, what: POST, do: 'delay', ms: 3_000, chance: 0.0005, ...always },
  { at: 'call', by: '*Function*', what: write, do: 'conflict', chance: 0.03, ...always },
  { at: 'call', by: '*Function*', what: write, do: 'throttle', chance: 0.02, ...always },
  { at: 'call', by: '*Function*', what: write, do: 'error', chance: 0.005, ...always },
  { at: 'call', by: '*Function*', what: write, do: 'cut', when: 'after', chance: 0.005, ...always },
  { at: 'call', by: '*Function*', what: 'sqs:*', do: 'error', chance: 0.01, ...always },
  { at: 'call', by: '*Function*', what: 'events:*', do: 'throttle', chance: 0.05, ...always },
  { at: 'call', by: '*Function*', do: 'kill', chance: 0.001, ...always },
  { at: 'call', by: '*Function*', do: 'kill', when: 'after', chance: 0.001, ...always },
  { at: 'route', what: '$disconnect', do: 'lose', chance: 0.1, ...always },
  { at: 'route', what: '$disconnect', do: 'repeat', chance: 0.1, ...always },
  { at: 'route', what: '$disconnect', do: 'delay', ms: 2_000, chance: 0.1, ...always },
  { at: 'route', by: DEFAULT, do: 'error', chance: 0.01, ...always },
  { at: 'route', by: DEFAULT, do: 'error', when: 'after', chance: 0.01, ...always },
  { at: 'batch', do: 'repeat', chance: 0.05, ...always },
  { at: 'batch', do: 'overlap', chance: 0.03, ...always },
  { at: 'batch', do: 'error', when: 'after', chance: 0.02, ...always },
  { at: 'batch', do: 'reorder', chance: 0.2, ...always },
  { at: 'shard', do: 'split', nth: 200 },
];

/** Everything at once, by seed. */
export const mixed = ({ sockets, topics, seconds }: Load): Case => ({
  name: `${sockets} sockets, ${topics} topics, everything at once for ${seconds} s`,
  async run(torture) {
    const { random, gate, fault, control } = torture;
    const names = Array.from({ length: topics }, (_, at) => `Mixed/${at}`);
    const some = () => Array.from({ length: TOPICS_EACH }, () => random.pick(names));
    const clients = [
      ...(await torture.clients(Math.ceil(sockets / 2))),
      ...(await torture.clients(Math.floor(sockets / 2), { accepts: ['packs', 'references'] })),
    ];
    await Promise.all(clients.map((client) => client.subscribe(...new Set(some()))));

    for (const [at, wish] of weather.entries()) await gate({ ...wish, seed: at + 1 });
    const end = performance.now() + seconds * 1_000;
    const every = async (ms: number, act: () => unknown) => {
      for (let due = performance.now(); due < end; due += ms) {
        await pause(Math.max(0, due - performance.now()));
        await act();
      }
    };
    await Promise.all([
      publishing(torture, names, end),
      every(1_000 / DROPS_A_SECOND, async () => {
        const victim = random.pick(clients);
        if (random.chance(0.5)) victim.cut();
        else await control.drop(victim.connectionId ?? '');
        fault('cable pulled');
      }),
      every(HEARTBEAT_MS / clients.length, () => {
        void random.pick(clients).ping();
      }),
    ]);
  },
});

async function publishing(torture: Torture, names: readonly string[], end: number): Promise<void> {
  const { random, publish } = torture;
  const under = new Set<Promise<void>>();
  while (performance.now() < end) {
    const payload = random.chance(0.02) ? { text: 'x'.repeat(40_000) } : { at: performance.now() };
    const topics = random.chance(0.1) ? names.slice(0, 3) : random.pick(names);
    const one = publish(topics, { payload }).finally(() => under.delete(one));
    under.add(one);
    await pause(1_000 / PUBLISHES_A_SECOND);
  }
  await Promise.all(under);
}
