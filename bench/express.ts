import { tableVariable } from '../contract/environment.ts';
import { RETENTION_SECONDS } from '../contract/limits.ts';
import type { Stage } from '../local/stage.ts';
import { newPerson } from '../test/support/people.ts';
import { startTestStage } from '../test/support/stage.ts';
import { CORE } from './core.ts';
import type { ExpressOrders } from './express/publisher.ts';
import { type Figure, percentile, type Report } from './figures.ts';
import { runLoad } from './load.ts';

/**
 * What AWS takes before a function starts, at the median and at the 99th percentile of published
 * measurements (not ours, and not verified): from a table's stream, and from a queue.
 */
const PUBLISHED_MS = { stream: [213, 552], queue: [16, 105] } as const;
const PERCENTILES = [0.5, 0.99] as const;
const PUBLISHES = 60;

/** Both ways of a new message to a browser, on a stage that waits before its batches as AWS is said to. */
export async function express(): Promise<Report> {
  const figures: Figure[] = [];
  for (const [at, percent] of PERCENTILES.entries()) {
    const delays = { stream: PUBLISHED_MS.stream[at] ?? 0, queue: PUBLISHED_MS.queue[at] ?? 0 };
    for (const way of ['stream', 'express'] as const) {
      const times = await publishAgain(way, delays);
      figures.push({
        of: `delays at p${percent * 100}`,
        name: `${way}Ms`,
        value: percentile(times, 0.5),
      });
    }
  }
  return { figures, notes: [NOTE] };
}

const NOTE = `Median of ${PUBLISHES} publishes, from the call to the frame in the subscriber's socket. Each batch of a stream waits\n${PUBLISHED_MS.stream.join(' or ')} ms first, and each of a queue ${PUBLISHED_MS.queue.join(' or ')}: published measurements of AWS, not ours.`;

async function publishAgain(
  way: 'stream' | 'express',
  delays: { readonly stream: number; readonly queue: number },
): Promise<readonly number[]> {
  const settings = { ...CORE, 'switchboard:express': way === 'express' };
  const { stage, place, stop } = await startTestStage({ settings });
  try {
    const orders: ExpressOrders = { place, person: await newPerson(place), publishes: PUBLISHES };
    delay(stage, '*Notifications*', delays.stream);
    delay(stage, '*Express*', delays.queue);
    return await runLoad<ExpressOrders, readonly number[]>('express/publisher.ts', orders, {
      ...place.environment,
      [tableVariable('notifications')]: place.outputs.NotificationsTableName ?? '',
      RETENTION_SECONDS: String(RETENTION_SECONDS),
      ...publisherQueue(stage),
    });
  } finally {
    await stop();
  }
}

/** A gate: this long before every batch of this stream or queue. */
const delay = ({ context }: Stage, what: string, ms: number) =>
  context.gates.close({ at: 'batch', do: 'delay', what, ms, times: 'always' });

/** What `grantPublish` tells a function of yours about the express: its queue, or that there is none. */
function publisherQueue({ context }: Stage): Readonly<Record<string, string>> {
  const publisher = context.assembly
    .ofType('AWS::Lambda::Function')
    .map(({ properties }) => Object(properties.Environment).Variables ?? {})
    .find(
      (variables) => variables.PETS_TABLE_NAME !== undefined && variables.EXPRESS !== undefined,
    );
  const { EXPRESS, EXPRESS_QUEUE_URL } = publisher ?? {};
  return { EXPRESS: EXPRESS ?? 'off', ...(EXPRESS_QUEUE_URL && { EXPRESS_QUEUE_URL }) };
}
