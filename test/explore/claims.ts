import type { SessionName } from '../../contract/tables.ts';

/** What clients were told, and may therefore rely on. */
export interface Claims {
  /** A reply reached this connection: its session is bound, and revived if there was something to revive. */
  bound(connectionId: string): void;
  isBound(connectionId: string): boolean;
  /** A token is shown on this connection: issued at (seconds). */
  shows(connectionId: string, issuedAt: number): void;
  /** An operator was told that every token of a user, or of one session, that was issued until then is shut out. */
  revoked(userId: string, sessionId: string | undefined, until: number): void;
  /** Was every token that this connection has shown shut out from the session? */
  isShutOut(connectionId: string, session: SessionName): boolean;
  /** A `subscribe` begins; tells what to do when its reply has reached the client. */
  subscribing(session: SessionName, topics: readonly string[]): () => void;
  /** An `unsubscribe` begins; tells what to do when it is over, one way or the other. */
  unsubscribing(session: SessionName, topics: readonly string[]): () => void;
  /** Topics that a client was told it is subscribed to, with no `unsubscribe` beside or since. */
  of(session: SessionName): string[];
  /** Connections that a finished function took out: none of them can come back. */
  readonly departed: Set<string>;
  /** Sockets that a finished function closed. */
  readonly shut: Set<string>;
  /** Sessions in which a subscribe died half way. */
  readonly torn: Set<string>;
}

interface Claim {
  readonly session: string;
  readonly topic: string;
  unsubscribes: number;
  running: number;
  isSure: boolean;
}

export const textOf = ({ tenant, userId, sessionId }: SessionName): string =>
  `${tenant}/${userId}/${sessionId}`;

export function openClaims(): Claims {
  const bound = new Set<string>();
  const claims = new Map<string, Claim>();
  const claimOf = (name: SessionName, topic: string): Claim => {
    const key = `${textOf(name)} ${topic}`;
    const fresh = { session: textOf(name), topic, unsubscribes: 0, running: 0, isSure: false };
    const claim = claims.get(key) ?? fresh;
    claims.set(key, claim);
    return claim;
  };
  const shown = new Map<string, number>();
  const shut = new Map<string, number>();
  const later = (all: Map<string, number>, key: string, at: number) =>
    void all.set(key, Math.max(at, all.get(key) ?? at));
  return {
    shows: (id, issuedAt) => later(shown, id, issuedAt),
    revoked: (userId, sessionId = '*', until) => later(shut, `${userId}/${sessionId}`, until),
    isShutOut: (id, { userId, sessionId }) => {
      const issuedAt = shown.get(id) ?? 0;
      return [sessionId, '*'].some((name) => issuedAt <= (shut.get(`${userId}/${name}`) ?? -1));
    },
    bound: (id) => void bound.add(id),
    isBound: (id) => bound.has(id),
    subscribing: (session, topics) => {
      const mine = topics.map((topic) => claimOf(session, topic));
      const seen = mine.map((claim) => (claim.running > 0 ? -1 : claim.unsubscribes));
      return () => {
        for (const [at, claim] of mine.entries())
          if (claim.unsubscribes === seen[at]) claim.isSure = true;
      };
    },
    unsubscribing: (session, topics) => {
      const mine = topics.map((topic) => claimOf(session, topic));
      for (const claim of mine) {
        claim.isSure = false;
        claim.unsubscribes += 1;
        claim.running += 1;
      }
      return () => {
        for (const claim of mine) claim.running -= 1;
      };
    },
    of: (session) =>
      [...claims.values()]
        .filter((claim) => claim.isSure && claim.session === textOf(session))
        .map(({ topic }) => topic),
    departed: new Set(),
    shut: new Set(),
    torn: new Set(),
  };
}
