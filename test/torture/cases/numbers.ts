import { setTimeout as pause } from 'node:timers/promises';
import type { Fill, Notifications } from '../../../contract/protocol.ts';
import { signIn } from '../../support/people.ts';
import { shareOf, storm } from '../steps.ts';
import type { Case, Torture } from '../torture.ts';

const HOUR = 3_600_000;

/** Asks by each of these cursors, and gives how each fill came out. */
async function resumes(torture: Torture): Promise<void> {
  const { place, advance, publish, socket, person } = torture;
  const owner = await person();
  const enter = async () => {
    const opened = await socket();
    const { token } = await signIn(place, owner.userName, owner.password);
    await opened.ask({ action: 'authenticate', token, sessionId: 'tab' });
    return opened;
  };
  const topic = 'Aging';
  const first = await enter();
  await first.ask({ action: 'subscribe', topics: [topic] });
  for (let number = 1; number <= 3; number += 1) await publish(topic);
  const { epoch } = await first.next(({ seq }) => seq === 3);
  await advance(4 * HOUR);
  for (let number = 4; number <= 6; number += 1) await publish(topic);
  await advance(2 * HOUR + 60_000);

  const later = await enter();
  const answer = async (seq: number, of: unknown = epoch): Promise<string> => {
    const cursors = [{ topic, epoch: of, seq }];
    const reply = await later.ask({ action: 'readNotifications', cursors });
    const [fill] = (reply as unknown as Notifications).topics as [Fill];
    if (!fill.recovered) return fill.reason;
    return fill.messages.map((one) => ('seq' in one ? one.seq : `${one.from}-${one.to}`)).join(' ');
  };
  const expected = [
    ['older than the oldest', 0, 'expired'],
    ['just older than the oldest', 2, 'expired'],
    ['at the oldest', 3, '4 5 6'],
    ['at the head', 6, ''],
    ['in the future', 7, 'ahead'],
  ] as const;
  for (const [name, seq, outcome] of expected) {
    const came = await answer(seq);
    if (came !== outcome) throw new Error(`${name}: ${came} instead of ${outcome}`);
  }
  const other = await answer(3, 'another');
  if (other !== 'epoch-changed') throw new Error(`of another epoch: ${other}`);
}

export const numbers: readonly Case[] = [
  {
    name: 'subscribe, then publish at once, a thousand times',
    inNpmTest: true,
    async run(torture) {
      const { clients, publish } = torture;
      const each = shareOf(torture, 100);
      await Promise.all(
        (await clients(10)).map(async (client, at) => {
          for (let round = 0; round < each; round += 1) {
            const topic = `Fresh/${at}/${round}`;
            await client.subscribe(topic);
            await publish(topic);
          }
        }),
      );
    },
  },
  {
    name: 'a publish storm while everybody comes back',
    inNpmTest: true,
    async run(torture) {
      const { clients, random, fault } = torture;
      const topics = ['Storm', 'Rain'];
      const all = await clients(6, { topics });
      const publishing = storm(torture, topics, shareOf(torture, 400));
      let isOver = false;
      const dropping = (async () => {
        while (!isOver) {
          await pause(30 + random.below(80));
          random.pick(all).cut();
          fault('cable pulled');
        }
      })();
      await publishing;
      isOver = true;
      await dropping;
    },
  },
  {
    name: 'clients that forget what connection they had',
    async run(torture) {
      const { clients, random, fault } = torture;
      const all = await clients(6, { topics: ['Storm'], remembers: false });
      const publishing = storm(torture, ['Storm'], shareOf(torture, 200));
      for (let cut = 0; cut < 10; cut += 1) {
        await pause(30 + random.below(60));
        random.pick(all).cut();
        fault('cable pulled');
      }
      await publishing;
    },
  },
  {
    name: 'resume at the head, at the oldest, older, in the future, of another epoch',
    inNpmTest: true,
    run: resumes,
  },
  {
    name: 'the same while time to live stands still: what has expired is never shown',
    async run(torture) {
      await torture.gate({ at: 'ttl', do: 'stop' });
      await resumes(torture);
    },
  },
  {
    name: 'subscribing and unsubscribing in the middle of a storm',
    async run(torture) {
      const client = await torture.client({ topics: ['Kept'] });
      const publishing = storm(torture, ['Kept', 'Fickle'], shareOf(torture, 200));
      for (let turn = 0; turn < shareOf(torture, 20); turn += 1) {
        await client.subscribe('Fickle');
        await pause(torture.random.below(40));
        await client.unsubscribe('Fickle');
      }
      await client.subscribe('Fickle');
      await publishing;
    },
  },
  {
    name: 'own messages leave no hole, live and after a return',
    inNpmTest: true,
    async run(torture) {
      const { random, publish, fault } = torture;
      const person = await torture.person();
      const author = await torture.client({ person, sessionId: 'author', topics: ['Both'] });
      await torture.client({ person, sessionId: 'reader', topics: ['Both'] });
      for (let message = 0; message < shareOf(torture, 80); message += 1) {
        const origin = { userId: person.userId, sessionId: 'author' };
        await publish('Both', random.chance(0.6) ? { origin } : {});
        if (!random.chance(0.15)) continue;
        author.cut();
        fault('cable pulled');
      }
      // Own messages at the end show in no frame: a heartbeat tells where the topic stands.
      await author.ping();
    },
  },
  {
    name: 'one message on ten topics, published again and again under one id',
    async run(torture) {
      const topics = Array.from({ length: 10 }, (_, at) => `Many/${at}`);
      await torture.clients(4, { topics });
      await torture.gate({
        at: 'call',
        by: 'operator',
        do: 'cut',
        when: 'after',
        what: 'dynamodb:TransactWriteItems',
        chance: 0.4,
        times: 'always',
        about: torture.tenant,
      });
      for (let message = 0; message < shareOf(torture, 20); message += 1) {
        await torture.publish(topics);
      }
    },
  },
  {
    name: 'packs, and messages by reference, while cables are pulled',
    async run(torture) {
      const accepting = await torture.clients(3, {
        topics: ['Large'],
        accepts: ['packs', 'references'],
      });
      await torture.clients(2, { topics: ['Large'] });
      const payload = { text: 'x'.repeat(20_000) };
      for (let message = 0; message < shareOf(torture, 60); message += 1) {
        const large = message % 7 === 3 ? { text: 'y'.repeat(40_000) } : payload;
        await torture.publish('Large', { payload: message % 3 === 0 ? large : { message } });
        if (!torture.random.chance(0.1)) continue;
        torture.random.pick(accepting).cut();
        torture.fault('cable pulled');
      }
    },
  },
];
