import { atLeast, atMost, type Figure, type Report } from './figures.ts';
import { runLoad, startLoad } from './load.ts';
import type { Contender, Orders } from './throttle/contenders.ts';
import type { Counts, Quota } from './throttle/gateway.ts';

/** Far below what the machine carries, so that the quota alone decides. */
const QUOTA: Quota = { rate: 2000, burst: 500 };
const POSTS = 10_000;
const IDEAL_MS = ((POSTS - QUOTA.burst) / QUOTA.rate) * 1000;
const CONTENDERS: readonly Contender[] = ['ours', 'sdk', 'sdkAdaptive'];

/** What arrives under a quota, with how many tries and how soon: our sender beside the SDK's two modes. */
export async function throttle(): Promise<Report> {
  const gateway = await startLoad<Quota, string>('throttle/gateway.ts', QUOTA);
  try {
    const figures: Figure[] = [];
    for (const contender of CONTENDERS) {
      await counts(gateway.answer);
      const orders: Orders = { contender, endpoint: `${gateway.answer}/prod`, posts: POSTS };
      const tookMs = await runLoad<Orders, number>('throttle/contenders.ts', orders);
      const { delivered, attempts } = await counts(gateway.answer);
      figures.push(...figuresOf(contender, tookMs, delivered / POSTS, 1 - delivered / attempts));
    }
    return {
      figures,
      notes: [
        `${POSTS} posts against a stub gateway that takes ${QUOTA.rate} a second and ${QUOTA.burst} at once: ideally ${IDEAL_MS} ms.`,
        'sdk: everything at once with Promise.allSettled and the SDK’s default mode; sdkAdaptive: its adaptive one.',
      ],
    };
  } finally {
    await gateway.stop();
  }
}

const counts = async (endpoint: string): Promise<Counts> =>
  (await (await fetch(`${endpoint}/counts`)).json()) as Counts;

function figuresOf(of: Contender, tookMs: number, delivered: number, wasted: number): Figure[] {
  const overIdeal = tookMs / IDEAL_MS;
  if (of !== 'ours') {
    return [
      { of, name: 'deliveredShare', value: delivered },
      { of, name: 'wastedShare', value: wasted },
      { of, name: 'timeOverIdeal', value: overIdeal },
    ];
  }
  return [
    { name: 'deliveredShare', value: delivered, target: atLeast(1) },
    { name: 'wastedShare', value: wasted, target: atMost(0.1) },
    { name: 'timeOverIdeal', value: overIdeal, target: atMost(1.05) },
  ];
}
