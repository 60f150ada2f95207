import type { LifecycleEvent } from '../../contract/events.ts';
import { PLAYER_ITEM, type PlayerRow, playerKey } from '../../contract/tables.ts';
import { findSecrets } from '../support/find-secrets.ts';
import { oddRows } from '../support/layout.ts';
import { rowsOf } from '../support/rows.ts';
import { each, type Promised } from './verdict.ts';

/** What the bus was told of each player, once each, by version. */
function byPlayer(events: readonly LifecycleEvent[]): Map<string, LifecycleEvent[]> {
  const players = new Map<string, Map<string, LifecycleEvent>>();
  for (const event of events) {
    const { tenant, player, eventId } = event.detail;
    const key = playerKey(tenant, player);
    const known = players.get(key) ?? new Map<string, LifecycleEvent>();
    players.set(key, known.set(eventId, event));
  }
  const sorted = (known: ReadonlyMap<string, LifecycleEvent>) =>
    [...known.values()].sort((a, b) => a.detail.version - b.detail.version);
  return new Map([...players].map(([key, known]) => [key, sorted(known)]));
}

/** Connect and Disconnect in turns, beginning with Connect. */
function alternates(types: readonly string[]): boolean {
  return types.every((type, at) => type.endsWith(at % 2 === 0 ? ' Connect' : ' Disconnect'));
}

/** What a token or a key looks like, whoever has it. */
const SECRET_SHAPES: Readonly<Record<string, RegExp>> = {
  'a token': /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/,
  'a refresh token': /eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+/,
  'a signature': /Signature=[0-9a-f]{64}/,
};

export const told: readonly Promised[] = [
  {
    claim: '[S0-09] events of a player alternate, and their versions have no gap',
    check: ({ events }) =>
      each(byPlayer(events), ([player, those]) => {
        const ofSessions = those.filter(({ type }) => type.startsWith('Session'));
        const versions = ofSessions.map(({ detail }) => detail.version);
        const newest = those.at(-1)?.detail.version;
        const isWhole =
          versions.length === newest && versions.every((version, at) => version === at + 1);
        const ofPlayer = those.filter(({ type }) => type.startsWith('Player'));
        const bySession = Map.groupBy(ofSessions, ({ detail }) => detail.sessionId);
        return [
          ...(isWhole ? [] : [`${player}: versions ${versions.join(' ')} of ${newest}`]),
          ...[...bySession.values(), ofPlayer]
            .map((turns) => turns.map(({ type }) => type))
            .filter((types) => !alternates(types))
            .map((types) => `${player}: ${types.join(', ')}`),
        ];
      }),
  },
  {
    claim:
      '[S0-09] every transition was told: the newest event has the version of its player’s row',
    check({ events, rows }) {
      const newest = new Map(
        [...byPlayer(events)].map(([player, those]) => [player, those.at(-1)?.detail.version]),
      );
      const players = rowsOf<PlayerRow>(rows, 'sessions').filter(
        ({ item }) => item === PLAYER_ITEM,
      );
      return each(players, ({ player, version }) =>
        newest.get(player) === version
          ? undefined
          : `${player} is at ${version}, told is ${newest.get(player) ?? 'nothing'}`,
      );
    },
  },
  {
    claim: 'nothing is parked for good',
    check: ({ queues }) =>
      each(queues, ({ name, isEnd, messages }) =>
        isEnd && messages > 0 ? `${name} has ${messages}` : undefined,
      ),
  },
  {
    claim: 'every row is as docs/DATA.md publishes it',
    check({ rows }) {
      const checked = Object.values(rows).reduce((sum, those) => sum + those.length, 0);
      const broken = oddRows(rows).map(({ table, row }) => `${table}: ${JSON.stringify(row)}`);
      return { checked, broken };
    },
  },
  {
    claim: 'no secret stands in any log',
    check({ logs, secrets }) {
      const shaped = each(Object.entries(logs), ([file, text]) =>
        Object.entries(SECRET_SHAPES).flatMap(([what, shape]) =>
          shape.test(text) ? [`${what} stands in ${file}`] : [],
        ),
      );
      return { ...shaped, broken: [...shaped.broken, ...findSecrets(logs, secrets)] };
    },
  },
];
