import {
  type BusEvent,
  LIFECYCLE_SOURCE,
  type LifecycleDetail,
  lifecycleDetail,
} from '../../contract/events.ts';
import { type PlayerRow, playerOfKey } from '../../contract/tables.ts';
import type { Broken } from './invariants.ts';

/** What a consumer of the bus has heard of everybody, in one schedule. */
export interface EventLog {
  /** An event that the bus has taken; any number of times, in any order. */
  hear(event: BusEvent): void;
  /** The stream has given up on a change, with the bus and the queue gone for hours: nobody will hear of it. */
  excuse(player: string, version: number): void;
  /** What is wrong with all that was told of this player, now that nothing is left to tell. */
  judge(row: PlayerRow): Broken[];
}

interface Heard {
  readonly type: string;
  readonly detail: LifecycleDetail;
}

const broken = (promise: string, seen: string): Broken => ({ promise, seen });

/** [S0-09] A consumer that drops what it knows by `eventId`, puts in order by `version`, and believes nothing. */
export function openEventLog(): EventLog {
  const heard = new Map<string, BusEvent>();
  const excused = new Map<string, Set<number>>();
  const complaints: Broken[] = [];

  const toldOf = (player: string): Heard[] => {
    const { tenant, userId } = playerOfKey(player);
    return [...heard.values()]
      .map(({ type, detail }) => ({ type, detail: lifecycleDetail.parse(JSON.parse(detail)) }))
      .filter(({ detail }) => detail.tenant === tenant && detail.player === userId)
      .sort((a, b) => a.detail.version - b.detail.version || placeOf(a) - placeOf(b));
  };

  return {
    hear(event) {
      const { eventId } = JSON.parse(event.detail) as LifecycleDetail;
      const known = heard.get(eventId);
      if (event.source !== LIFECYCLE_SOURCE || (known && !isSame(known, event)))
        complaints.push(broken('[S0-09] told again, an event is the same', event.detail));
      heard.set(eventId, event);
    },
    excuse(player, version) {
      excused.set(player, (excused.get(player) ?? new Set()).add(version));
    },
    judge(row) {
      const told = toldOf(row.player);
      const lost = excused.get(row.player) ?? new Set();
      return [...complaints, ...judgeVersions(row, told, lost), ...judgeTurns(row, told, lost)];
    },
  };

  function* judgeVersions(
    { player, version }: PlayerRow,
    told: readonly Heard[],
    lost: ReadonlySet<number>,
  ): Generator<Broken> {
    const versions = ofKind(told, 'Session').map(({ detail }) => detail.version);
    const isTold = (at: number) => versions.includes(at) || lost.has(at);
    const gaps = Array.from({ length: version }, (_, at) => at + 1).filter((at) => !isTold(at));
    const isOnce = new Set(versions).size === versions.length;
    if (!isOnce || gaps.length > 0 || (versions.at(-1) ?? 0) > version)
      yield broken(
        '[S0-09] each version has one session event, without a gap',
        `${player} is at ${version}, told: ${versions}`,
      );
  }

  /** Where nothing was lost: who it is about comes and goes in turns, and what was told last is so. */
  function* judgeTurns(
    { player, sessions = new Set() }: PlayerRow,
    told: readonly Heard[],
    lost: ReadonlySet<number>,
  ): Generator<Broken> {
    if (lost.size > 0) return;
    const bySession = Map.groupBy(ofKind(told, 'Session'), ({ detail }) => detail.sessionId);
    const stories = [
      { who: player, events: ofKind(told, 'Player'), isThere: sessions.size > 0 },
      ...[...bySession].map(([id, events]) => ({ who: id, events, isThere: sessions.has(id) })),
    ];
    for (const { who, events, isThere } of stories) {
      const comings = events.map(({ type }) => type.endsWith(' Connect'));
      if (comings.some((comes, at) => comes !== (at % 2 === 0)))
        yield broken('[S0-08] Connect and Disconnect alternate', `${who}: ${comings}`);
      if ((comings.at(-1) ?? false) !== isThere)
        yield broken('[S0-09] what was told adds up to the rows', `${who}: ${comings}`);
    }
  }
}

const isSame = (one: BusEvent, other: BusEvent): boolean =>
  one.type === other.type && one.detail === other.detail;

/** Within one version: who comes is there before their sessions, and leaves after them. */
const ORDER = ['Player Connect', 'Session Connect', 'Session Disconnect', 'Player Disconnect'];
const placeOf = ({ type }: Heard): number => ORDER.indexOf(type);

const ofKind = (told: readonly Heard[], kind: 'Player' | 'Session'): Heard[] =>
  told.filter(({ type }) => type.startsWith(kind));
