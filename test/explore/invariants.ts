import { SESSIONS_PER_USER } from '../../contract/limits.ts';
import type { ConnectionRow, PlayerRow, SessionRow } from '../../contract/tables.ts';
import { PLAYER_ITEM, topicOfKey } from '../../contract/tables.ts';
import { seconds, sessionOf } from '../../rules/connection.ts';
import { textOf } from './claims.ts';
import type { Change } from './rows.ts';
import type { World } from './world.ts';

/** A promise of docs and rows that does not hold: its name, and what was seen instead. */
export interface Broken {
  readonly promise: string;
  readonly seen: string;
}

type Check = (world: World) => Generator<Broken>;
const userOf = ({ userId, formerUserId }: ConnectionRow) => userId ?? formerUserId;
const broken = (promise: string, seen: string): Broken => ({ promise, seen });
const isBound = ({ status }: ConnectionRow): boolean =>
  status === 'CONNECTED' || status === 'STALE';

/** What no write may do, ever: judged from a row's image before and after it. */
export function* judgeChange(world: World, change: Change): Generator<Broken> {
  const { now, graceSeconds } = world;
  if (change.table === 'connections') {
    const [was, row] = [change.before, change.after] as unknown as (ConnectionRow | undefined)[];
    if (was?.status === 'DISCONNECTED' && row?.status !== 'DISCONNECTED')
      yield broken('a tombstone is never bound or opened', `${was.connectionId} is ${row?.status}`);
    if (
      was?.sessionId !== undefined &&
      (row?.sessionId !== was.sessionId || userOf(row) !== userOf(was))
    )
      yield broken('a connection never changes its session', was.connectionId);
  }
  if (change.table !== 'sessions') return;
  const item = (change.after ?? change.before)?.item;
  if (item === PLAYER_ITEM) yield* judgePlayer(change);
  else if (String(item).startsWith('session#')) {
    const [was, row] = [change.before, change.after] as unknown as (SessionRow | undefined)[];
    const raised = (row?.life ?? 0) - (was?.life ?? 0);
    if (row && raised !== 0 && raised !== 1)
      yield broken(
        'numbers of a session rise one by one',
        `${row.item}: ${was?.life} → ${row.life}`,
      );
    if (was?.state !== 'live' || row?.state === 'live') return;
    if (was.conns) yield broken('a session ends only when nobody is in it', was.item);
    // At the limit it gives way to another one.
    if (was.revokedUntil !== undefined || isLimited(world)) return;
    const detached = was.detachedAt ?? Number.POSITIVE_INFINITY;
    if (detached + graceSeconds > seconds(now))
      yield broken('a session ends only when nobody came for the grace time', was.item);
  }
}

/** [G7] One transition is one version and one session, appeared or vanished. */
function* judgePlayer({ before, after }: Change): Generator<Broken> {
  const [was, row] = [before, after] as unknown as (PlayerRow | undefined)[];
  const [old, now] = [[...(was?.sessions ?? [])], [...(row?.sessions ?? [])]];
  const moved =
    old.filter((id) => !now.includes(id)).length + now.filter((id) => !old.includes(id)).length;
  const versions = (row?.version ?? 0) - (was?.version ?? 0);
  const isMark = row?.revokedUntil !== was?.revokedUntil;
  if (isMark && moved === 0 && versions === 0) return;
  if (moved !== 1 || versions !== 1) {
    const about = `${row?.player}: ${moved} sessions moved, version ${was?.version} → ${row?.version}`;
    yield broken('each version is exactly one session that appeared or vanished', about);
  }
}

const isLimited = ({ limits }: World): boolean => limits.sessionsPerUser < SESSIONS_PER_USER;

/** [S3-07] No user has more than they may; who replaces another one is there a moment beside it. */
const judgeLimits: Check = function* ({ rows, limits }) {
  for (const { player, sessions } of rows.players())
    if ((sessions?.size ?? 0) > limits.sessionsPerUser)
      yield broken('[S3-07] no user has more sessions than they may', player);
  for (const { name, conns } of rows.sessions())
    if ((conns?.size ?? 0) > limits.connectionsPerSession + 1)
      yield broken('[S3-07] no session has more connections than it may', textOf(name));
};

/** What holds between rows after every single write, since it is written in transactions. */
export const judgeAlways: Check = function* (world) {
  const { rows, claims, sockets } = world;
  yield* judgeLimits(world);
  for (const row of rows.connections()) {
    const session = isBound(row) ? sessionOf(row) : undefined;
    if (session && !rows.session(session)?.conns?.has(row.connectionId))
      yield broken('a bound connection is a member of its session', row.connectionId);
    if (session && claims.isShutOut(row.connectionId, session))
      yield broken('[S3-05] who was shut out is not bound', row.connectionId);
  }
  for (const row of rows.sessions()) {
    for (const id of row.conns ?? []) {
      const member = rows.connection(id);
      const session = member && isBound(member) ? sessionOf(member) : undefined;
      if (!session || textOf(session) !== textOf(row.name))
        yield broken('a member of a session is bound to it', `${id} in ${textOf(row.name)}`);
    }
    const isListed = rows.player(row.name)?.sessions?.has(row.name.sessionId) ?? false;
    if (isListed !== (row.state === 'live'))
      yield broken('a session is live exactly when its player lists it', textOf(row.name));
    if (row.state === 'live' && row.ttl !== undefined)
      yield broken('a live session has no ttl', textOf(row.name));
    const isRelied = [...(row.conns ?? [])].some(claims.isBound);
    for (const topic of isRelied ? claims.of(row.name) : []) {
      const subscription = rows.subscription(row.name, topic);
      if (
        !subscription ||
        subscription.ttl !== undefined ||
        !rows.topics(row.name)?.topics?.has(topic)
      )
        yield broken('who was told "subscribed" is subscribed', `${textOf(row.name)} to ${topic}`);
    }
  }
  for (const id of claims.departed)
    if (rows.connection(id)?.status !== 'DISCONNECTED')
      yield broken('who has left is a tombstone', `${id} is ${rows.connection(id)?.status}`);
  for (const id of claims.shut)
    if (sockets.get(id) === 'open') yield broken('what was closed is closed', id);
};

/** What holds once everything has run that AWS would run by itself, before any sweep. */
export const judgeQuiet: Check = function* (world) {
  const { rows, sockets, events } = world;
  for (const [id, state] of sockets) {
    const row = rows.connection(id);
    if (state === 'open' && !(row && isBound(row)))
      yield broken(
        '[G9] an open socket is bound, or its reaper closes it',
        `${id} is ${row?.status}`,
      );
  }
  for (const row of rows.connections())
    if (row.status === 'PENDING')
      yield broken('[G9] a connection without a session is reaped', row.connectionId);
  for (const row of rows.players()) yield* events.judge(row);
  if (world.lost === 0) yield* judgeGhosts(world);
};

/** [G8] Presence is what is connected. */
const judgeGhosts: Check = function* ({ rows, sockets }) {
  for (const row of rows.connections())
    if (isBound(row) && sockets.get(row.connectionId) !== 'open')
      yield broken('[G8] a bound connection has an open socket', row.connectionId);
  for (const row of rows.sessions())
    if (row.state === 'live' && !row.conns)
      yield broken('[G8] a live session has a connection', textOf(row.name));
};

/** What holds when the sweep has come too, whatever crashed or was lost before. */
export const judgeSwept: Check = function* (world) {
  const { rows, claims } = world;
  yield* judgeQuiet(world);
  yield* judgeGhosts(world);
  for (const row of rows.sessions()) {
    const name = textOf(row.name);
    const topics = rows.topics(row.name);
    const subscriptions = rows.subscriptions(row.name);
    const isLive = row.state === 'live';
    const told = claims.of(row.name);
    // Nobody has been told anything in a life whose revival died half way: the next bind makes it whole.
    if (isLive && row.dormant) continue;
    if (topics && (topics.ttl === undefined) !== isLive)
      yield broken('topics are kept exactly while their session lives', name);
    for (const { topic, ttl, life } of subscriptions) {
      const isKnown =
        rows.subscription(row.name, topicOfKey(topic).topic)?.topic === topic &&
        topics?.topics?.has(topicOfKey(topic).topic);
      if (!isKnown && claims.torn.has(name)) continue;
      if (!isKnown)
        yield broken(
          'every subscription is where the topics of its session say',
          `${name}: ${topic}`,
        );
      if ((ttl === undefined) !== isLive)
        yield broken(
          'subscriptions are active exactly while their session lives',
          `${name}: ${topic}`,
        );
      // One that nobody was told of may be of an earlier life: delivery then looks at its session each time.
      if (isLive && life !== row.life && told.includes(topicOfKey(topic).topic))
        yield broken("a live session's subscriptions are of its life", `${name}: ${topic}`);
    }
  }
};

/** What holds when every client has been gone for long. */
export const judgeEmpty: Check = function* (world) {
  yield* judgeSwept(world);
  for (const row of world.rows.sessions())
    if (row.state === 'live')
      yield broken('[G8] no session outlives its clients', textOf(row.name));
  for (const row of world.rows.players())
    if (row.sessions) yield broken('[G8] no player is present without a client', row.player);
};
