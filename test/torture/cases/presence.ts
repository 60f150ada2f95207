import { setTimeout as pause } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { functions } from '../../../contract/functions.ts';
import type { Drift } from '../../../lambdas/flows/sweep.ts';
import { journalGroups, readLines } from '../../../operator/facts.ts';
import { placeAt } from '../../../operator/place.ts';
import { operatorDocuments, operatorOptions, signIn } from '../../support/people.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import {
  CONNECT,
  DEFAULT,
  DISCONNECT,
  FAN_OUT,
  POST,
  REAPER,
  SESSION_CHECK,
  SESSION_STREAM,
  shareOf,
  storm,
  TRANSACT,
  untilActed,
  untilHeard,
} from '../steps.ts';
import type { Case, Torture } from '../torture.ts';

const MINUTE = 60_000;

/** So many people come, hear something and go, while gates act on whatever they meet. */
const comeAndGoUnder =
  (...wishes: readonly Parameters<Torture['gate']>[0][]) =>
  async (torture: Torture): Promise<void> => {
    for (const wish of wishes) await torture.gate(wish);
    for (let round = 0; round < shareOf(torture, 4); round += 1) {
      // Of its own: who has left hears no more of it.
      const topic = `Storm/${round}`;
      const all = await torture.clients(6, { topics: [topic] });
      await torture.publish(topic);
      await torture.caughtUp();
      for (const client of all) {
        client.cut();
        torture.fault('cable pulled');
      }
      await Promise.all(all.map((client) => client.settled()));
      for (const client of all.slice(0, 3))
        await client.leave(torture.random.chance(0.5) ? 'cut' : 'closed');
    }
  };

/** As the connection manager lists them. */
async function connectionsOf(place: Place, userId: string): Promise<string[]> {
  const lambda = new LambdaClient(operatorOptions(place));
  const Payload = JSON.stringify({ action: 'get_user_connections', userId });
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: 'connection-manager', Payload }),
  );
  const { body } = JSON.parse(answer.Payload?.transformToString() ?? '{}');
  return body.connections.map(({ connectionId }: { connectionId: string }) => connectionId);
}

/** What sweeps told, the newest first. */
const sweepsOf = (place: Place) => {
  const operated = placeAt(place.outputs, true, operatorOptions(place));
  const groups = journalGroups(operated).filter((group) => group.endsWith('/sweep'));
  // By the time of the stage, which may be far ahead.
  const span = { from: 0, to: Date.now() + 30 * 24 * 60 * MINUTE };
  return readLines(operated, { groups, where: 'message.fact = "sweep.done"', ...span });
};

async function connectedOf({ place, tenant }: Torture): Promise<number> {
  const documents = operatorDocuments(place);
  const scan = {
    TableName: place.outputs.ConnectionsTableName,
    ...{ FilterExpression: 'tenant = :tenant AND #status = :status' },
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':tenant': tenant, ':status': 'CONNECTED' },
  };
  let count = 0;
  for await (const { Count = 0 } of paginateScan({ client: documents }, scan)) count += Count;
  return count;
}

async function invokeSweep(place: Place): Promise<void> {
  const names = place.outputs.FunctionNames?.split(',') ?? [];
  const FunctionName = names[Object.keys(functions).indexOf('sweep')];
  const lambda = new LambdaClient(operatorOptions(place));
  await lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
}

export const presence: readonly Case[] = [
  {
    name: 'a 410 that comes after its client is back on another socket',
    inNpmTest: true,
    async run(torture) {
      const { gate, control, publish, fault } = torture;
      const client = await torture.client({ topics: ['Storm'] });
      const old = client.connectionId ?? '';
      const held = await gate({ at: 'call', by: FAN_OUT, what: POST, about: old, do: 'hold' });
      await publish('Storm');
      await untilActed(torture, held.id);
      client.cut();
      fault('cable pulled');
      await client.settled();
      const fresh = client.connectionId;
      await control.open(held.id);
      fault('call hold');
      await publish('Storm');
      await untilHeard([client], 'Storm', 2);
      if (client.connectionId !== fresh) throw new Error('The new socket was torn down.');
    },
  },
  {
    name: 'two hundred sockets change over at once, each before it breaks',
    inNpmTest: true,
    async run(torture) {
      const clients = await torture.clients(shareOf(torture, 200), { topics: ['Storm'] });
      const publishing = storm(torture, ['Storm'], shareOf(torture, 40), 2);
      await Promise.all(clients.map((client) => client.moveOver()));
      await publishing;
      torture.fault('socket changed over', clients.length);
    },
  },
  {
    name: 'cables pulled, and nobody told: ghosts last no longer than T',
    async run(torture) {
      const lost = { at: 'route', what: '$disconnect', do: 'lose', times: 'always' } as const;
      const { id } = await torture.gate(lost);
      const clients = await torture.clients(6, { topics: ['Storm'] });
      for (const client of clients) {
        await client.leave('cut');
        torture.fault('cable pulled');
      }
      await untilActed(torture, id, clients.length);
    },
  },
  {
    name: 'three in ten of all $disconnects lost: one sweep takes the drift back to nothing',
    inNpmTest: true,
    async run(torture) {
      const { place, control } = torture;
      const lost = { at: 'route', what: '$disconnect', do: 'lose', chance: 0.3 } as const;
      const { id } = await torture.gate({ ...lost, times: 'always' });
      const clients = await torture.clients(shareOf(torture, 400));
      await Promise.all(clients.map((client) => client.leave('cut')));
      torture.fault('cable pulled', clients.length);
      await untilActed(torture, id, clients.length);
      const missed = (await control.gates()).find((gate) => gate.id === id)?.acted ?? 0;
      torture.fault('route lose', missed);
      // Those that were told have done what they do: what is left is drift.
      await until(
        async () => (await connectedOf(torture)) === missed || undefined,
        'the others to leave',
        60_000,
      );
      const before = (await sweepsOf(place)).length;
      const sweeps = async (count: number) => {
        const all = await sweepsOf(place);
        return all.length >= before + count ? all.slice(0, -before || undefined) : undefined;
      };
      // A minute later nobody is too young to be asked about. Sweeps that are due may come beside these two.
      await torture.advance(MINUTE + 1000);
      await invokeSweep(place);
      await invokeSweep(place);
      const told = await until(() => sweeps(2), 'two sweeps', 20_000);
      const drifts = told.toReversed().map(({ drift }) => drift as Drift);
      const found = drifts.reduce((sum, { rowsWithoutSocket }) => sum + rowsWithoutSocket, 0);
      const isOver = drifts.at(-1)?.rowsWithoutSocket === 0;
      if (found !== missed || !isOver || drifts.some((drift) => drift.socketsWithoutRow > 0)) {
        throw new Error(`${missed} were lost, and sweeps found ${JSON.stringify(drifts)}.`);
      }
    },
  },
  {
    name: 'everybody comes back, and their old $disconnect late and twice',
    inNpmTest: true,
    async run(torture) {
      const clients = await torture.clients(6, { topics: ['Storm'] });
      await torture.gate({ at: 'route', what: '$disconnect', do: 'repeat', times: 3 });
      const late = await torture.gate({ at: 'route', what: '$disconnect', do: 'hold', times: 6 });
      for (const client of clients) {
        client.cut();
        torture.fault('cable pulled');
      }
      await Promise.all(clients.map((client) => client.settled()));
      torture.fault('route hold', (await torture.control.open(late.id)).acted);
      await torture.publish('Storm');
      await untilHeard(clients, 'Storm', 1);
    },
  },
  {
    name: '$disconnect before $connect: the socket never opens, or holds nothing',
    async run(torture) {
      await torture.gate({ at: 'route', what: '$connect', do: 'disconnect', times: 2 });
      const clients = await torture.clients(3, { topics: ['Storm'] });
      await torture.publish('Storm');
      await untilHeard(clients, 'Storm', 1);
    },
  },
  {
    name: '$disconnect before a message of the same connection',
    async run(torture) {
      await torture.gate({
        at: 'route',
        what: '$default',
        do: 'disconnect',
        chance: 0.2,
        times: 'always',
      });
      await torture.clients(4, { topics: ['Storm'] });
      await storm(torture, ['Storm'], 10);
    },
  },
  {
    name: 'binds that are killed before and after they are committed',
    inNpmTest: true,
    run: comeAndGoUnder(
      { at: 'call', by: DEFAULT, what: TRANSACT, do: 'kill', chance: 0.15, times: 'always' },
      {
        at: 'call',
        by: DEFAULT,
        what: TRANSACT,
        do: 'kill',
        when: 'after',
        chance: 0.15,
        times: 'always',
        seed: 2,
      },
    ),
  },
  {
    name: 'departures that are killed before and after they are committed',
    inNpmTest: true,
    run: comeAndGoUnder(
      { at: 'call', by: DISCONNECT, what: TRANSACT, do: 'kill', chance: 0.3, times: 'always' },
      {
        at: 'call',
        by: DISCONNECT,
        what: TRANSACT,
        do: 'kill',
        when: 'after',
        chance: 0.3,
        times: 'always',
        seed: 2,
      },
    ),
  },
  {
    name: 'handshakes that fail although $connect has run, and are killed in it',
    run: comeAndGoUnder(
      { at: 'route', what: '$connect', do: 'error', when: 'after', chance: 0.2, times: 'always' },
      { at: 'call', by: CONNECT, do: 'kill', chance: 0.1, times: 'always' },
      { at: 'call', by: CONNECT, do: 'kill', when: 'after', chance: 0.1, times: 'always', seed: 2 },
    ),
  },
  {
    name: 'error frames instead of replies, with everything done or nothing',
    run: comeAndGoUnder(
      { at: 'route', what: '$default', do: 'error', when: 'after', chance: 0.15, times: 'always' },
      { at: 'route', what: '$default', do: 'error', chance: 0.15, times: 'always', seed: 2 },
    ),
  },
  {
    name: 'one player comes with thirty sessions at once, through conflicts',
    inNpmTest: true,
    async run(torture) {
      const person = await torture.person();
      await torture.gate({
        at: 'call',
        by: DEFAULT,
        what: TRANSACT,
        do: 'conflict',
        chance: 0.3,
        times: 'always',
      });
      const leaving = await torture.gate({
        at: 'call',
        by: DISCONNECT,
        what: TRANSACT,
        do: 'conflict',
        chance: 0.3,
        times: 'always',
      });
      const count = shareOf(torture, 30);
      const all = await Promise.all(
        Array.from({ length: count }, (_, at) =>
          torture.client({ person, sessionId: `tab-${at}`, topics: ['Storm'] }),
        ),
      );
      await torture.publish('Storm');
      await untilHeard(all, 'Storm', 1);
      await Promise.all(all.slice(1).map((client) => client.leave()));
      await untilActed(torture, leaving.id, count - 1);
    },
  },
  {
    name: 'who came and went, told thrice, at once and in another order',
    run: comeAndGoUnder(
      { at: 'batch', by: SESSION_STREAM, do: 'overlap', chance: 0.3, times: 'always' },
      { at: 'batch', by: SESSION_STREAM, do: 'reorder', chance: 0.5, times: 'always', seed: 2 },
      { at: 'batch', by: SESSION_STREAM, do: 'repeat', more: 2, times: 'always' },
    ),
  },
  {
    name: 'who came and went is told by a function that is killed while it tells',
    run: comeAndGoUnder(
      { at: 'call', by: SESSION_STREAM, do: 'kill', chance: 0.2, times: 'always' },
      {
        at: 'call',
        by: SESSION_STREAM,
        do: 'kill',
        when: 'after',
        chance: 0.2,
        times: 'always',
        seed: 2,
      },
    ),
  },
  {
    name: 'the bus is down for a while: everything is told when it is back',
    inNpmTest: true,
    async run(torture) {
      const { id } = await torture.gate({
        at: 'call',
        what: 'events:PutEvents',
        do: 'error',
        times: 'always',
      });
      const clients = await torture.clients(3, { topics: ['Storm'] });
      await torture.publish('Storm');
      await untilHeard(clients, 'Storm', 1);
      await untilActed(torture, id, 6);
      torture.fault('call error', (await torture.control.open(id)).acted);
      await pause(1_500);
      await torture.advance(35_000);
    },
  },
  {
    name: 'session checks that come twice, late and at the last moment',
    inNpmTest: true,
    async run(torture) {
      await torture.gate({
        at: 'batch',
        by: SESSION_CHECK,
        do: 'repeat',
        chance: 0.5,
        times: 'always',
      });
      await torture.gate({ at: 'batch', by: SESSION_CHECK, do: 'delay', ms: 300, times: 'always' });
      const clients = await torture.clients(6, { topics: ['Storm'], remembers: false });
      for (let round = 0; round < 3; round += 1) {
        for (const client of clients) client.stayAway();
        torture.fault('cable pulled', clients.length);
        // The grace time of the stage ends just about now.
        await pause(150);
        await torture.control.advance(1_500 + torture.random.below(1_000));
        await Promise.all(clients.map((client) => client.comeBack()));
        await torture.publish('Storm');
      }
    },
  },
  {
    name: 'sockets that never authenticate, whose reaper comes twice, late, or finds them gone',
    async run(torture) {
      await torture.gate({ at: 'batch', by: REAPER, do: 'repeat', times: 'always' });
      await torture.gate({
        at: 'call',
        by: REAPER,
        what: 'execute-api:DELETE',
        do: 'gone',
        times: 2,
      });
      const silent = await Promise.all(Array.from({ length: 4 }, () => torture.socket()));
      const isOver = Promise.all(silent.map(({ closed }) => closed));
      let over = false;
      void isOver.then(() => {
        over = true;
      });
      for (let step = 0; !over && step < 30; step += 1) {
        await torture.advance(1_000);
        await pause(50);
      }
      if (!over) throw new Error('A socket that never authenticated is still open after 30 s.');
    },
  },
  {
    name: 'a token expires on a living socket: no frame after it, the sweep closes it, and none is lost',
    async run(torture) {
      const { place, socket, publish } = torture;
      const owner = await torture.person();
      const opened = await socket();
      const { userName, password } = owner;
      const { token } = await signIn(place, userName, password);
      await opened.ask({ action: 'authenticate', token, sessionId: 'tab' });
      await opened.ask({ action: 'subscribe', topics: ['Storm'] });
      await publish('Storm');
      const { epoch } = await opened.next(({ seq }) => seq === 1);
      for (let nine = 0; nine < 6; nine += 1) {
        await torture.advance(9 * MINUTE);
        await opened.ask({ type: 'ping' });
      }
      // Past the hour that the token had.
      await torture.advance(9 * MINUTE);
      await publish('Storm');
      await torture.client({ topics: ['Storm'] });
      await publish('Storm');
      await torture.caughtUp();
      if (opened.frames.some(({ seq }) => Number(seq) > 1))
        throw new Error('A frame came after expiry.');
      await opened.closed;
      const renewed = await signIn(place, userName, password);
      const back = await socket();
      await back.ask({ action: 'authenticate', token: renewed.token, sessionId: 'tab' });
      const cursors = [{ topic: 'Storm', epoch, seq: 1 }];
      const { topics } = await back.ask({ action: 'readNotifications', cursors });
      const [fill] = topics as [{ messages?: unknown[] }];
      if (fill.messages?.length !== 2) throw new Error(`Missed: ${JSON.stringify(fill)}`);
    },
  },
  {
    name: 'two hours go by: every socket is closed for its age in the middle of a storm',
    async run(torture) {
      await torture.clients(6, { topics: ['Storm'] });
      const publishing = storm(torture, ['Storm'], shareOf(torture, 100), 2);
      await pause(100);
      await torture.advance(120 * MINUTE);
      torture.fault('two hours at once');
      await publishing;
    },
  },
  {
    name: 'the lists of the manager, while their index stands still',
    async run(torture) {
      const person = await torture.person();
      const stays = await torture.client({ person, sessionId: 'stays' });
      const goes = await torture.client({ person, sessionId: 'goes' });
      await torture.gate({ at: 'index', what: '*/UserIdIndex', do: 'freeze' });
      const left = goes.connectionId;
      await goes.leave();
      await pause(500);
      const listed = await connectionsOf(torture.place, person.userId);
      if (left && listed.includes(left)) throw new Error('Somebody who has left is listed.');
      if (!listed.includes(stays.connectionId ?? ''))
        throw new Error('Who is there is not listed.');
    },
  },
];
