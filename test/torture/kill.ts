import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RETENTION_SECONDS } from '../../contract/limits.ts';
import { topicKey } from '../../contract/tables.ts';
import { type PublishReach, publish } from '../../lambdas/flows/publish.ts';
import { audit, complaintsOf } from '../audit/auditor.ts';
import { newPerson, operatorDocuments } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { freePortsInARow, startStageProcess } from '../support/stage-process.ts';
import { until } from '../support/until.ts';
import { openClient } from './client.ts';
import type { Tally } from './torture.ts';

const KILLS = 3;
const CLIENTS = 20;
const PUBLISHERS = 4;
const topics = ['Storm', 'Rain', 'Hail'];
/** The console, two APIs and the AWS endpoint. */
const PORTS = 4;
/** After a start, so much load before the next kill. */
const ALIVE_MS = 1_500;

/**
 * Kill -9 of the whole stage under load, again and again, on the same data. Nothing that was acknowledged is
 * lost, whoever was there comes back by themselves, and the audit of the last stage is clean.
 */
export async function killUnderLoad(tally: Tally): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-torture-'));
  const options = {
    port: await freePortsInARow(PORTS),
    dataDirectory: join(folder, 'kept'),
    handoutDirectory: join(folder, 'told'),
  };
  let stage = await startStageProcess(options);
  try {
    const tenant = `t-${randomUUID()}`;
    const publisher = openPublisher(() => stage.place, tenant, tally);
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, at) => {
        const person = await newPerson(stage.place, tenant);
        const client = openClient({ place: stage.place, tenant, person, sessionId: `s-${at}` });
        await client.subscribe(...topics);
        return client;
      }),
    );
    const publishing = publisher.run();
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pause(ALIVE_MS);
      await stage.kill();
      tally.faults.set('kill -9 of the stage', kill + 1);
      stage = await startStageProcess(options);
      // Everybody is to be back when the next one comes.
      await Promise.all(clients.map((client) => client.settled()));
    }
    await pause(ALIVE_MS);
    publisher.stop();
    await publishing;

    const heard = () => clients.flatMap((client) => client.heard());
    const isBehind = () =>
      heard().some(({ topic, from, numbers }) => from + numbers.length < publisher.headOf(topic));
    await until(
      async () => {
        await Promise.all(clients.map((client) => client.ping()));
        return !isBehind() || undefined;
      },
      'every message, to every client',
      60_000,
    );
    const wrong = [
      ...clients.flatMap((client) => client.tally().impossible),
      ...complaintsOf(await audit(stage.place, { heard })),
    ];
    for (const client of clients) {
      tally.resumes += client.tally().resumes;
      tally.rawDuplicates += client.tally().rawDuplicates;
    }
    for (const { topic, from, numbers } of heard()) {
      const distinct = new Set(numbers).size;
      tally.expected += publisher.headOf(topic) - from;
      tally.lost += Math.max(0, publisher.headOf(topic) - from - distinct);
      tally.duplicated += numbers.length - distinct;
    }
    if (tally.resumes < KILLS * CLIENTS) wrong.push(`Only ${tally.resumes} resumes.`);
    await Promise.all(clients.map((client) => client.leave()));
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  } finally {
    await stage.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Publishes without a pause; what a kill cut off is published again under its id, and so once. */
function openPublisher(placeNow: () => Place, tenant: string, tally: Tally) {
  const heads = new Map<string, number>();
  let isOver = false;

  const publishOnce = async (topic: string): Promise<void> => {
    const id = randomUUID();
    for (;;) {
      const place = placeNow();
      const documents = operatorDocuments(place);
      const reach = {
        documents,
        tables: { notifications: { name: place.outputs.NotificationsTableName, rights: {} } },
        retentionSeconds: RETENTION_SECONDS,
      } as unknown as PublishReach;
      const message = { tenant, topics: [topic], payload: { id }, id, now: Date.now() };
      const done = await publish(reach, message).catch(() => undefined);
      documents.destroy();
      if (done?.isDone) break;
      await pause(50);
    }
    tally.published += 1;
    const key = topicKey(tenant, topic);
    heads.set(key, (heads.get(key) ?? 0) + 1);
  };

  return {
    headOf: (key: string) => heads.get(key) ?? 0,
    stop: () => {
      isOver = true;
    },
    run: () =>
      Promise.all(
        Array.from({ length: PUBLISHERS }, async (_, at) => {
          for (let count = at; !isOver; count += 1) {
            await publishOnce(topics[count % topics.length] ?? '');
          }
        }),
      ),
  };
}
