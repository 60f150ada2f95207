import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorDocuments } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { startTestStage } from '../support/stage.ts';
import { cases } from './cases.ts';
import type { Client } from './client.ts';
import { FAN_OUT, POST } from './steps.ts';
import { type Case, runCase } from './torture.ts';

/** Of what `npm run torture` does whole. */
const SHARE = 0.05;
const SEED = 1;
const WITHIN_MS = 120_000;

let place: Place;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ place, stop } = await startTestStage({ settings: { 'switchboard:graceSeconds': 2 } }));
});
afterAll(() => stop());

const torment = (one: Case, patienceMs?: number) =>
  runCase(one, { place, seed: SEED, share: SHARE, patienceMs });

describe('nothing is lost, doubled or left behind', () => {
  it.each(cases.filter(({ inNpmTest }) => inNpmTest).map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => torment(one),
    WITHIN_MS,
  );
});

describe('what goes wrong is seen', () => {
  const numbersOf = (client: Client) => client.position('Storm')?.numbers as number[];
  const wrongs: readonly (Case & { readonly seen: RegExp })[] = [
    {
      name: 'a client that loses a message',
      seen: /is at 1 of 2 on t-/,
      async run({ client, publish, caughtUp }) {
        const forgetful = await client({ topics: ['Storm'] });
        await publish('Storm');
        await publish('Storm');
        await caughtUp();
        numbersOf(forgetful).pop();
      },
    },
    {
      name: 'a client that hands a message on twice',
      seen: /got 1 on t-\S+ where 2 was due/,
      async run({ client, publish, caughtUp }) {
        const stammering = await client({ topics: ['Storm'] });
        await publish('Storm');
        await caughtUp();
        numbersOf(stammering).push(1);
      },
    },
    {
      name: 'a gate that met nothing',
      seen: /met nothing/,
      async run({ gate }) {
        await gate({ at: 'call', by: FAN_OUT, what: POST, about: 'nobody', do: 'gone' });
      },
    },
    {
      name: 'a row that nobody will ever heal',
      seen: /is not among the connections of/,
      async run({ tenant }) {
        const documents = operatorDocuments(place);
        const at = new Date().toISOString();
        const Item = {
          ...{ connectionId: 'AAAAAAAAAAAAAAA=', status: 'CONNECTED', ttl: 1_900_000_000 },
          ...{ connectedAt: at, createdAt: at, timestamp: at },
          ...{ tenant, userId: 'nobody', sessionId: 'tab' },
        };
        await documents.send(
          new PutCommand({ TableName: place.outputs.ConnectionsTableName, Item }),
        );
        documents.destroy();
      },
    },
  ];

  it.each(wrongs.map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => {
      await expect(torment(one, 1_000)).rejects.toThrow(one.seen);
    },
    WITHIN_MS,
  );
});
