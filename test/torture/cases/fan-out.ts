import { setTimeout as pause } from 'node:timers/promises';
import {
  advanceUntil,
  FAN_OUT,
  POST,
  shareOf,
  storm,
  TRANSACT,
  untilActed,
  untilHeard,
} from '../steps.ts';
import type { Case, Torture } from '../torture.ts';

const STREAM = '*Notifications*';

/** A storm to a handful of clients, while one gate acts on whatever it meets. */
const stormUnder =
  (...wishes: readonly Parameters<Torture['gate']>[0][]) =>
  async (torture: Torture): Promise<void> => {
    await torture.clients(5, { topics: ['Storm', 'Rain'] });
    for (const wish of wishes) await torture.gate(wish);
    await storm(torture, ['Storm', 'Rain'], shareOf(torture, 120));
    await torture.caughtUp();
  };

/** Poison: the message that never gets its number while the gate stands. */
const poisonAt =
  (place: number) =>
  async (torture: Torture): Promise<void> => {
    const { gate, publish, control } = torture;
    const clients = await torture.clients(3, { topics: ['Poisoned', 'Healthy'] });
    await publish('Poisoned');
    await untilHeard(clients, 'Poisoned', 1);
    // While this batch is held, the next one grows.
    const held = await gate({ at: 'batch', by: FAN_OUT, do: 'hold', about: torture.tenant });
    await publish('Poisoned');
    await untilActed(torture, held.id);
    const poison = `poison-${torture.tenant}`;
    const refused = await gate({
      at: 'call',
      by: FAN_OUT,
      what: TRANSACT,
      about: poison,
      do: 'error',
      times: 'always',
    });
    for (let message = 0; message < 5; message += 1) {
      await publish('Poisoned', message === place ? { id: poison } : {});
      await publish('Healthy');
    }
    await control.open(held.id);
    torture.fault('batch hold');
    const isPast = () =>
      clients.every(
        (client) =>
          client.position('Poisoned')?.numbers.length === 6 &&
          client.position('Healthy')?.numbers.length === 5,
      );
    await advanceUntil(torture, clients, 20_000, isPast);
    torture.fault('call error', (await control.open(refused.id)).acted);
    const isDone = () => clients.every((one) => one.position('Poisoned')?.numbers.length === 7);
    await advanceUntil(torture, clients, 20_000, isDone);
  };

export const fanOut: readonly Case[] = [
  {
    name: 'the fan-out is killed after each of its posts',
    inNpmTest: true,
    async run(torture) {
      const clients = await torture.clients(6, { topics: ['Storm'] });
      for (let post = 1; post <= 6; post += 1) {
        await torture.gate({
          at: 'call',
          by: FAN_OUT,
          what: POST,
          do: 'kill',
          when: 'after',
          nth: post,
          about: '"Storm"',
        });
        await torture.publish('Storm');
        await untilHeard(clients, 'Storm', post);
      }
    },
  },
  {
    name: 'the fan-out is killed before and after it gives numbers',
    async run(torture) {
      const clients = await torture.clients(3, { topics: ['Storm'] });
      let number = 0;
      for (const when of ['before', 'after'] as const) {
        await torture.gate({
          at: 'call',
          by: FAN_OUT,
          what: TRANSACT,
          do: 'kill',
          when,
          about: torture.tenant,
        });
        await torture.publish('Storm');
        number += 1;
        await untilHeard(clients, 'Storm', number);
      }
    },
  },
  {
    name: 'every batch three times',
    inNpmTest: true,
    run: stormUnder({ at: 'batch', do: 'repeat', more: 2, times: 'always' }),
  },
  {
    name: 'every batch twice at once',
    run: stormUnder({ at: 'batch', what: STREAM, do: 'overlap', times: 'always' }),
  },
  {
    name: 'every batch in another order',
    run: stormUnder({ at: 'batch', do: 'reorder', times: 'always', seed: 7 }),
  },
  {
    name: 'batches that have done all and failed',
    run: stormUnder({
      at: 'batch',
      by: FAN_OUT,
      do: 'error',
      when: 'after',
      chance: 0.3,
      times: 'always',
    }),
  },
  {
    name: 'a shard that splits, and splits again, in the middle of a storm',
    inNpmTest: true,
    async run(torture) {
      await torture.clients(5, { topics: ['Storm', 'Rain'] });
      for (const nth of [2, 3, 5]) {
        await torture.gate({ at: 'shard', by: FAN_OUT, do: 'split', nth });
      }
      await torture.gate({ at: 'batch', by: FAN_OUT, do: 'overlap', chance: 0.3, times: 'always' });
      await storm(torture, ['Storm', 'Rain'], shareOf(torture, 200));
      await torture.caughtUp();
    },
  },
  {
    name: 'numbers under conflicts and throttles',
    run: stormUnder(
      { at: 'call', by: FAN_OUT, what: TRANSACT, do: 'conflict', chance: 0.4, times: 'always' },
      {
        at: 'call',
        by: FAN_OUT,
        what: TRANSACT,
        do: 'throttle',
        chance: 0.3,
        times: 'always',
        seed: 2,
      },
    ),
  },
  {
    name: 'numbers given, and the answer lost',
    inNpmTest: true,
    run: stormUnder({
      at: 'call',
      by: FAN_OUT,
      what: TRANSACT,
      do: 'cut',
      when: 'after',
      chance: 0.3,
      times: 'always',
    }),
  },
  {
    name: 'answers lost, and the same request token again when the clock has moved on',
    async run(torture) {
      const { gate, control, publish } = torture;
      const clients = await torture.clients(3, { topics: ['Storm'] });
      for (let number = 1; number <= 3; number += 1) {
        const lost = await gate({
          at: 'call',
          by: FAN_OUT,
          what: TRANSACT,
          about: torture.tenant,
          do: 'cut',
          when: 'after',
        });
        const held = await gate({
          at: 'call',
          by: FAN_OUT,
          what: TRANSACT,
          about: torture.tenant,
          do: 'hold',
          nth: 2,
        });
        await publish('Storm');
        await untilActed(torture, lost.id);
        await untilActed(torture, held.id);
        // Longer than DynamoDB remembers a token.
        await control.advance(11 * 60_000 - 60_000 * 2);
        await control.open(held.id);
        torture.fault('call hold');
        await untilHeard(clients, 'Storm', number).catch(() => torture.caughtUp());
      }
    },
  },
  {
    name: 'poison first in a batch: the others arrive, and it does when it is cured',
    inNpmTest: true,
    run: poisonAt(0),
  },
  { name: 'poison in the middle', run: poisonAt(2) },
  { name: 'poison last', run: poisonAt(4) },
  {
    name: 'posts told 410 once, by a part of the gateway that does not know yet',
    async run(torture) {
      const clients = await torture.clients(4, { topics: ['Storm'] });
      const connections = clients.map(({ connectionId }) => connectionId);
      await torture.gate({
        at: 'call',
        by: FAN_OUT,
        what: POST,
        do: 'gone',
        chance: 0.5,
        times: 3,
      });
      for (let number = 1; number <= 6; number += 1) {
        await torture.publish('Storm');
        await untilHeard(clients, 'Storm', number);
      }
      const isSame = clients.every(({ connectionId }, at) => connectionId === connections[at]);
      if (!isSame) torture.fault('socket closed for a wrong 410');
    },
  },
  {
    name: 'posts told 410 although delivered',
    run: stormUnder({
      at: 'call',
      by: FAN_OUT,
      what: POST,
      do: 'gone',
      when: 'after',
      chance: 0.1,
      times: 'always',
    }),
  },
  {
    name: 'posts told 500 although delivered',
    run: stormUnder({
      at: 'call',
      by: FAN_OUT,
      what: POST,
      do: 'error',
      when: 'after',
      chance: 0.3,
      times: 'always',
    }),
  },
  {
    name: 'posts told 429: a quota costs time, and no message',
    inNpmTest: true,
    run: stormUnder({
      at: 'call',
      by: FAN_OUT,
      what: POST,
      do: 'throttle',
      chance: 0.5,
      times: 'always',
    }),
  },
  {
    name: 'posts told 500 to the end: the socket is closed, and its client comes back',
    inNpmTest: true,
    async run(torture) {
      const [victim, ...others] = await torture.clients(4, { topics: ['Storm'] });
      if (!victim) throw new Error('There is nobody.');
      await torture.gate({
        at: 'call',
        by: FAN_OUT,
        what: POST,
        about: victim.connectionId ?? '',
        do: 'error',
        times: 'always',
      });
      await torture.publish('Storm');
      await untilHeard(others, 'Storm', 1, 3_000);
      // Without a heartbeat: that it was closed tells it.
      await untilHeard([victim], 'Storm', 1);
    },
  },
  {
    name: 'posts that hang: past the deadline, and delivered late',
    async run(torture) {
      const [victim, ...others] = await torture.clients(4, { topics: ['Storm'] });
      if (!victim) throw new Error('There is nobody.');
      const hung = await torture.gate({
        at: 'call',
        by: FAN_OUT,
        what: POST,
        about: victim.connectionId ?? '',
        do: 'hold',
        times: 'always',
      });
      await torture.publish('Storm');
      await torture.publish('Storm');
      await untilHeard(others, 'Storm', 1, 3_000);
      await untilHeard([victim], 'Storm', 2);
      torture.fault('call hold', (await torture.control.open(hung.id)).acted);
    },
  },
  {
    name: 'a quiet topic whose only message was answered 200 and lost',
    inNpmTest: true,
    async run(torture) {
      const client = await torture.client({ topics: ['Quiet'] });
      const { id } = await torture.gate({ at: 'call', by: FAN_OUT, what: POST, do: 'pretend' });
      await torture.publish('Quiet');
      await untilActed(torture, id);
      await pause(200);
      if (client.position('Quiet')?.numbers.length !== 0) throw new Error('It was not lost.');
      await client.ping();
      await untilHeard([client], 'Quiet', 1);
    },
  },
  {
    name: 'every tenth message answered 200 and lost, of a topic that is not quiet',
    run: stormUnder({
      at: 'call',
      by: FAN_OUT,
      what: POST,
      do: 'pretend',
      chance: 0.1,
      times: 'always',
    }),
  },
  {
    name: 'a client that does not read: it is closed, and nobody else waits for long',
    async run(torture) {
      const [slow, ...others] = await torture.clients(3, { topics: ['Heavy'] });
      slow?.wire?.raw.pause();
      const payload = { text: 'x'.repeat(30_000) };
      const count = 400;
      const began = performance.now();
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let message = 0; message < count / 8; message += 1) {
            await torture.publish('Heavy', { payload });
          }
        }),
      );
      await untilHeard(others, 'Heavy', count, 30_000);
      const took = performance.now() - began;
      if (took > 25_000) throw new Error(`The others waited: ${Math.round(took)} ms in all.`);
      torture.fault('client that does not read');
      slow?.wire?.raw.resume();
    },
  },
];
