import type { Cursor } from '../contract/protocol.ts';
import { call } from './events.ts';

/** What outlives a page: the session, and how far the handlers of each topic have got. */
export interface Memory {
  /** Undefined: there is none, or another page is using it. */
  readonly sessionId: string | undefined;
  /** Of the session's last connection. */
  readonly connectionId: string | undefined;
  /** Whose positions these are. */
  readonly owner: string | undefined;
  cursorOf(topic: string): Cursor | undefined;
  /** All handlers of the topic have got so far. */
  moved(cursor: Cursor): void;
  /** Nobody follows the topic any more. */
  dropped(topic: string): void;
  /** Another owner has other positions: those that are known are forgotten. */
  connected(owner: string, sessionId: string, connectionId: string): void;
  /** The session is free for the next page. */
  left(): void;
}

interface Kept extends Partial<Pick<Memory, 'sessionId' | 'connectionId' | 'owner'>> {
  readonly cursors: readonly Cursor[];
  /** A tab that was duplicated finds it like this, and has to have a session of its own. */
  readonly inUse: boolean;
}

/**
 * Keeps what outlives a page in a storage: `sessionStorage`, or anything alike. Only for an application that
 * also keeps what its handlers made of the messages, because the next page gets those after them.
 */
export function openMemory(
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  key = 'switchboard.session',
): Memory {
  let { inUse, cursors: from, ...known } = load(storage, key);
  if (inUse) known = { owner: known.owner };
  const cursors = new Map(from.map((cursor) => [cursor.topic, cursor]));
  let isSaving = false;

  function save(): void {
    isSaving = false;
    const kept: Kept = { ...known, cursors: [...cursors.values()], inUse };
    storage.setItem(key, JSON.stringify(kept));
  }

  /** Once for all that arrives in one turn. */
  function saveSoon(): void {
    inUse = true;
    if (isSaving) return;
    isSaving = true;
    queueMicrotask(() => isSaving && save());
  }

  const memory: Memory = {
    get sessionId() {
      return known.sessionId;
    },
    get connectionId() {
      return known.connectionId;
    },
    get owner() {
      return known.owner;
    },
    cursorOf: (topic) => cursors.get(topic),
    moved(cursor) {
      cursors.set(cursor.topic, cursor);
      saveSoon();
    },
    dropped(topic) {
      cursors.delete(topic);
      saveSoon();
    },
    connected(owner, sessionId, connectionId) {
      if (owner !== known.owner) cursors.clear();
      known = { owner, sessionId, connectionId };
      saveSoon();
    },
    left() {
      inUse = false;
      // A storage that is full is no reason not to disconnect.
      call(save, undefined);
    },
  };
  if (typeof addEventListener === 'function') addEventListener('pagehide', memory.left);
  return memory;
}

function load(storage: Pick<Storage, 'getItem'>, key: string): Kept {
  try {
    const kept: Kept = JSON.parse(storage.getItem(key) ?? '');
    if (kept.cursors.every(isCursor)) return kept;
  } catch {
    // Nothing is there, or somebody else wrote it.
  }
  return { cursors: [], inUse: false };
}

const isCursor = ({ topic, epoch, seq }: Cursor): boolean =>
  typeof topic === 'string' && typeof (epoch ?? '') === 'string' && Number.isSafeInteger(seq);
