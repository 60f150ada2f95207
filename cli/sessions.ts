import type { RevokeAnswer } from '../contract/internal.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import { changeStatus } from '../operator/connections.ts';
import { Refused, UsageError } from '../operator/errors.ts';
import { dropUser, revoke, sessionsOf, timelineOf, userOf } from '../operator/sessions.ts';
import { type Asked, type Command, demand, type Outcome } from './command.ts';

const tenantOf = ({ options: { tenant = DEFAULT_TENANT } }: Asked): string => tenant;

const list: Command = {
  usage: '--user U [--tenant T]',
  says: 'the sessions of a user, those that have ended too',
  options: ['user', 'tenant'],
  async run(place, asked) {
    const user = { userId: demand(asked, 'user'), tenant: tenantOf(asked) };
    const sessions = (await sessionsOf(place, user)).map(
      ({ sessionId, state, life, connectedAt, connectionIds }) => ({
        ...{ sessionId, state, life, connectedAt },
        connections: connectionIds.join(' '),
      }),
    );
    return { json: { sessions }, rows: sessions, sentence: `${sessions.length} sessions` };
  },
};

const get: Command = {
  usage: '--user U --session S [--tenant T] | --connection ID  [--since ISO]',
  says: 'the life of a session, in order',
  options: ['user', 'session', 'tenant', 'connection', 'since'],
  async run(place, asked) {
    const { user, session, tenant, connection, since } = asked.options;
    const named =
      connection === undefined
        ? { userId: demand(asked, 'user'), sessionId: demand(asked, 'session') }
        : { connectionId: connection };
    if (connection !== undefined && (user ?? session) !== undefined) {
      throw new UsageError('Name a connection, or a user and a session.');
    }
    const life = await timelineOf(place, { ...named, tenant, since });
    return {
      json: life,
      rows: life.moments.map(({ at, what, connectionId, ...more }) => ({
        at,
        what,
        connectionId,
        more: JSON.stringify(more),
      })),
      sentence: [
        life.session ? `${life.session.sessionId}: ${life.session.state}` : 'never bound',
        ...life.topics.map(
          ({ topic, head, delivered = '?', acknowledged = '?' }) =>
            `${topic}: head ${head}, delivered ${delivered}, acknowledged ${acknowledged}`,
        ),
        ...(life.isWhole ? [] : ['There was more in the log than one query gives.']),
      ].join('\n'),
    };
  },
};

const drop: Command = {
  usage: '--user U --session S [--tenant T]',
  says: 'closes every connection of a session',
  options: ['user', 'session', 'tenant'],
  async run(place, asked) {
    const sessionId = demand(asked, 'session');
    const user = { userId: demand(asked, 'user'), tenant: tenantOf(asked) };
    const session = (await sessionsOf(place, user)).find((each) => each.sessionId === sessionId);
    if (session === undefined) throw new Refused(`There is no session ${sessionId}.`);
    const { connectionIds } = session;
    for (const id of connectionIds) await changeStatus(place, id, 'DISCONNECTED');
    return {
      json: { sessionId, dropped: connectionIds },
      sentence: `${connectionIds.length} connections are closed; the session ends after its grace time.`,
    };
  },
};

const revokeSession: Command = {
  usage: '--user U --session S [--tenant T]',
  says: 'ends a session at once; only a token that is issued later opens it again',
  options: ['user', 'session', 'tenant'],
  async run(place, asked) {
    const request = {
      userId: demand(asked, 'user'),
      sessionId: demand(asked, 'session'),
      tenant: tenantOf(asked),
    };
    return told(await revoke(place, request));
  },
};

export const sessions = { ls: list, get, drop, revoke: revokeSession };

const getUser: Command = {
  usage: 'ID [--tenant T]',
  says: 'whether a user is online, and with which sessions',
  options: ['tenant'],
  words: [1, 1],
  run: async (place, asked) => {
    const [userId = ''] = asked.words;
    return { json: await userOf(place, { userId, tenant: tenantOf(asked) }) };
  },
};

const dropOfUser: Command = {
  usage: 'ID [--tenant T]',
  says: 'closes every connection of a user, on every device',
  options: ['tenant'],
  words: [1, 1],
  async run(place, asked) {
    const [userId = ''] = asked.words;
    const answer = await dropUser(place, { userId, tenant: tenantOf(asked) });
    return { json: answer, sentence: `${answer.droppedCount} connections are closed.` };
  },
};

const revokeUser: Command = {
  usage: 'ID [--tenant T]',
  says: 'shuts a user out on every device: no token that was issued until now is good any more',
  options: ['tenant'],
  words: [1, 1],
  async run(place, asked) {
    const [userId = ''] = asked.words;
    return told(await revoke(place, { userId, tenant: tenantOf(asked) }));
  },
};

function told(answer: RevokeAnswer): Outcome {
  const { endedSessions, closed, stillOpen } = answer;
  return {
    json: answer,
    isBad: stillOpen.length > 0,
    sentence: [
      `${endedSessions.length} sessions have ended, ${closed.length} connections have left.`,
      ...(stillOpen.length > 0 ? [`The gateway did not close ${stillOpen.join(', ')}.`] : []),
    ].join(' '),
  };
}

export const users = { get: getUser, drop: dropOfUser, revoke: revokeUser };
