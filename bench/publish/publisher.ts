import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { publish } from '../../lambdas/flows/publish.ts';
import { openPublisher } from '../../lambdas/flows/publisher.ts';
import { PET_TOPIC } from '../../sample/pet-store/operations.ts';
import type { PetRow } from '../../sample/pet-store/rows.ts';
import type { Person } from '../../test/support/people.ts';
import type { Place } from '../../test/support/place.ts';
import { openSocket, type TestSocket } from '../../test/support/socket.ts';
import { answerLoad } from '../load.ts';

export interface PublishOrders {
  readonly place: Place;
  readonly tenant: string;
  readonly person: Person;
  readonly pet: PetRow;
  readonly echoUrl: string;
  readonly publishes: number;
  readonly paceMs: number;
}

/** Milliseconds of each try, of three ways to a socket of this very process. */
export interface PublishTimes {
  /** From the call of `publish` to the frame. */
  readonly publish: readonly number[];
  /** From the HTTP request that changes a pet to the frame. */
  readonly http: readonly number[];
  /** There and back over a bare `ws` socket to the stage's process. */
  readonly hop: readonly number[];
}

const WARM_UP = 100;
const TOPIC = 'bench';

answerLoad(measure);

async function measure(orders: PublishOrders): Promise<PublishTimes> {
  const { publishes, paceMs } = orders;
  const subscriber = await subscribe(orders);
  const ways = {
    publish: publishingInto(subscriber, orders),
    http: updatingPets(subscriber, orders),
    hop: await hopping(orders),
  };
  const times = { publish: [] as number[], http: [] as number[], hop: [] as number[] };
  // In turn, so that whatever else the machine does falls on all three.
  for (let at = 0; at < WARM_UP + publishes; at += 1) {
    for (const way of ['publish', 'http', 'hop'] as const) {
      const due = performance.now() + paceMs;
      const took = await ways[way](at);
      if (at >= WARM_UP) times[way].push(took);
      await pause(Math.max(0, due - performance.now()));
    }
  }
  return times;
}

/** One try: how long it took. */
type Way = (at: number) => Promise<number>;

async function subscribe({ place, person }: PublishOrders): Promise<TestSocket> {
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  const { token } = person;
  await socket.ask({ action: 'authenticate', v: 1, token, sessionId: randomUUID() });
  await socket.ask({ action: 'subscribe', topics: [TOPIC, PET_TOPIC] });
  return socket;
}

function publishingInto({ raw }: TestSocket, { tenant }: PublishOrders): Way {
  const publisher = openPublisher();
  return async (at) => {
    const mark = `publish-${at}`;
    const arrived = frameWith(raw, mark);
    const began = performance.now();
    await publish(publisher, { tenant, topics: [TOPIC], payload: { mark }, now: Date.now() });
    return (await arrived) - began;
  };
}

function updatingPets({ raw }: TestSocket, { place, person, pet }: PublishOrders): Way {
  const agent = new Agent({ keepAlive: true });
  const url = `${place.outputs.HttpUrl}/pets/${pet.petId}`;
  return async (at) => {
    const mark = `http-${at}`;
    const arrived = frameWith(raw, mark);
    const began = performance.now();
    const call = request(url, {
      agent,
      method: 'PUT',
      headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
    });
    call.end(JSON.stringify({ version: pet.version + at, name: mark }));
    const [answer] = await once(call, 'response');
    answer.resume();
    if (answer.statusCode !== 200) throw new Error(`The store answered ${answer.statusCode}.`);
    return (await arrived) - began;
  };
}

async function hopping({ echoUrl }: PublishOrders): Promise<Way> {
  const socket = new WebSocket(echoUrl);
  await once(socket, 'open');
  return async (at) => {
    const mark = `hop-${at}`;
    const arrived = frameWith(socket, mark);
    const began = performance.now();
    socket.send(JSON.stringify({ mark }));
    return (await arrived) - began;
  };
}

/** When the message that carries this mark came. */
function frameWith(socket: WebSocket, mark: string): Promise<number> {
  return new Promise((resolve) => {
    const look = (message: Buffer) => {
      if (!message.includes(`"${mark}"`)) return;
      socket.off('message', look);
      resolve(performance.now());
    };
    socket.on('message', look);
  });
}
