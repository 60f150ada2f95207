import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { tableVariable } from '../contract/environment.ts';
import { RETENTION_SECONDS } from '../contract/limits.ts';
import { newPerson } from '../test/support/people.ts';
import { startTestStage } from '../test/support/stage.ts';
import { newPet } from '../test/support/store.ts';
import { CORE } from './core.ts';
import { atMost, percentile, type Report } from './figures.ts';
import { runLoad } from './load.ts';
import { preload } from './publish/preload.ts';
import type { PublishOrders, PublishTimes } from './publish/publisher.ts';

const RECORDS = 50_000;
const PUBLISHES = 500;
const PACE_MS = 20;
const TENANT = 'bench';

/** The stage in this process; whoever publishes and listens in another. */
export async function publish(): Promise<Report> {
  const { place, stop } = await startTestStage({ settings: CORE });
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  echo.on('connection', (socket) => socket.on('message', (message) => socket.send(`${message}`)));
  try {
    await once(echo, 'listening');
    await preload(place, TENANT, RECORDS);
    const orders: PublishOrders = {
      place,
      tenant: TENANT,
      person: await newPerson(place, TENANT),
      pet: await newPet(place, TENANT),
      echoUrl: `ws://127.0.0.1:${(echo.address() as AddressInfo).port}`,
      publishes: PUBLISHES,
      paceMs: PACE_MS,
    };
    const times = await runLoad<PublishOrders, PublishTimes>('publish/publisher.ts', orders, {
      ...place.environment,
      [tableVariable('notifications')]: place.outputs.NotificationsTableName ?? '',
      RETENTION_SECONDS: String(RETENTION_SECONDS),
      EXPRESS: 'off',
    });
    const figuresOf = (name: keyof PublishTimes) => ({
      p50: { name: `${name}P50Ms`, value: percentile(times[name], 0.5) },
      p99: { name: `${name}P99Ms`, value: percentile(times[name], 0.99) },
    });
    const [direct, http, hop] = [figuresOf('publish'), figuresOf('http'), figuresOf('hop')];
    return {
      figures: [
        { ...direct.p50, target: atMost(10, 4) },
        { ...direct.p99, target: atMost(30, 12) },
        http.p50,
        http.p99,
        hop.p50,
        hop.p99,
      ],
      notes: [
        `${PUBLISHES} of each in turn, one every ${PACE_MS} ms, on ${RECORDS} older messages. publish: from the call to\nthe frame in the subscriber's socket. http: from the request to the store that publishes. hop: there\nand back over a bare ws socket to the same process.`,
      ],
    };
  } finally {
    echo.close();
    for (const client of echo.clients) client.terminate();
    await stop();
  }
}
