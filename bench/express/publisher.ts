import { randomUUID } from 'node:crypto';
import { publish } from '../../lambdas/flows/publish.ts';
import { openPublisher } from '../../lambdas/flows/publisher.ts';
import type { Person } from '../../test/support/people.ts';
import type { Place } from '../../test/support/place.ts';
import { openSocket } from '../../test/support/socket.ts';
import { answerLoad } from '../load.ts';

export interface ExpressOrders {
  readonly place: Place;
  readonly person: Person;
  readonly publishes: number;
}

const WARM_UP = 10;
const TENANT = 'default';
const TOPIC = 'bench';

answerLoad(measure);

/** Milliseconds from each publish to its frame, one after the other. */
async function measure({ place, person, publishes }: ExpressOrders): Promise<readonly number[]> {
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  const { token } = person;
  await socket.ask({ action: 'authenticate', v: 1, token, sessionId: randomUUID() });
  await socket.ask({ action: 'subscribe', topics: [TOPIC] });
  const publisher = openPublisher();
  const times: number[] = [];
  for (let mark = 0; mark < WARM_UP + publishes; mark += 1) {
    const began = performance.now();
    await publish(publisher, { tenant: TENANT, topics: [TOPIC], payload: mark, now: Date.now() });
    await socket.next(({ type, payload }) => type === 'notification' && payload === mark);
    if (mark >= WARM_UP) times.push(performance.now() - began);
  }
  await socket.close();
  return times;
}
