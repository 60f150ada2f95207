import { randomUUID } from 'node:crypto';
import type { Clock, Store } from '../service.ts';

/** One sign-in: everything that its refresh token may still mint. Times are in ms since the epoch. */
export interface Session {
  /** The `origin_jti` of every token that comes of this sign-in. */
  readonly id: string;
  readonly username: string;
  readonly clientId: string;
  readonly signedInAt: number;
  readonly expiresAt: number;
  readonly isRevoked: boolean;
}

/** The sign-ins of one pool. */
export interface Sessions {
  begin(username: string, clientId: string, validitySeconds: number): Session;
  find(id: string): Session | undefined;
  revoke(id: string): void;
  revokeAllOf(username: string): void;
  forgetAllOf(username: string): void;
}

/** Sign-ins that ended while nobody looked are forgotten here, so that the store does not grow for ever. */
export function openSessions(poolId: string, store: Store, clock: Clock): Sessions {
  const area = `cognito-sessions/${poolId}`;
  const all = () => store.entries(area).map(([, row]) => JSON.parse(row) as Session);
  const put = (session: Session): Session => {
    store.set(area, session.id, JSON.stringify(session));
    return session;
  };
  const forget = (isEnded: (session: Session) => boolean) => {
    for (const session of all().filter(isEnded)) store.delete(area, session.id);
  };
  const find = (id: string): Session | undefined => {
    const row = store.get(area, id);
    return row === undefined ? undefined : JSON.parse(row);
  };

  forget(({ expiresAt }) => expiresAt < clock.now());
  return {
    find,
    begin(username, clientId, validitySeconds) {
      const now = clock.now();
      const expiresAt = now + validitySeconds * 1000;
      const id = randomUUID();
      return put({ id, username, clientId, signedInAt: now, expiresAt, isRevoked: false });
    },
    revoke(id) {
      const session = find(id);
      if (session) put({ ...session, isRevoked: true });
    },
    revokeAllOf(username) {
      for (const session of all()) {
        if (session.username === username) put({ ...session, isRevoked: true });
      }
    },
    forgetAllOf: (username) => forget((session) => session.username === username),
  };
}
