import type { LifecycleEvent } from '../../contract/events.ts';
import { PLAYER_ITEM, type PlayerRow } from '../../contract/tables.ts';
import { lifecycleEvents } from '../../rules/lifecycle.ts';
import type { Broken } from './invariants.ts';
import type { Change } from './rows.ts';

/** What a consumer of the bus has heard of everybody, in one schedule. */
export interface EventLog {
  /** Delivers what one change tells, twice, as a stream may; gives what is wrong with it. */
  hear(change: Change, now: number): readonly Broken[];
}

/** [S0-09] A consumer that drops what it knows by `eventId`, and believes nothing. */
export function openEventLog(): EventLog {
  const known = new Set<string>();
  const present = new Map<string, boolean>();
  const versions = new Map<string, number>();

  /** Whoever it is about comes and goes in turns. */
  const takeTurn = (who: string, comes: boolean): Broken[] => {
    if ((present.get(who) ?? false) !== comes) {
      present.set(who, comes);
      return [];
    }
    const seen = `${who} ${comes ? 'came' : 'went'} twice`;
    return [{ promise: '[S0-09] Connect and Disconnect alternate', seen }];
  };

  const hearOne = ({ type, detail }: LifecycleEvent): Broken[] => {
    if (known.has(detail.eventId)) return [];
    known.add(detail.eventId);
    const player = `${detail.tenant} ${detail.player}`;
    const last = versions.get(player) ?? 0;
    versions.set(player, detail.version);
    const isNext = detail.version === last || detail.version === last + 1;
    const who = type.startsWith('Player') ? player : `${player} ${detail.sessionId}`;
    return [
      ...takeTurn(who, type.endsWith(' Connect')),
      ...(isNext
        ? []
        : [{ promise: '[S0-09] versions have no gap', seen: `${last} → ${detail.version}` }]),
    ];
  };

  return {
    hear({ table, before, after }, now) {
      if (table !== 'sessions' || after?.item !== PLAYER_ITEM) return [];
      const told = () =>
        lifecycleEvents(
          before as PlayerRow | undefined,
          after as unknown as PlayerRow,
          new Date(now).toISOString(),
        );
      const first = told();
      const complaints = first.flatMap(hearOne);
      const isSame = JSON.stringify(told()) === JSON.stringify(first);
      const again = told().flatMap(hearOne);
      return [
        ...complaints,
        ...again,
        ...(isSame ? [] : [{ promise: '[S0-09] told again, an event is the same', seen: '' }]),
        ...(first.length > 0
          ? []
          : [{ promise: '[S0-08] each change is told', seen: String(after.player) }]),
      ];
    },
  };
}
