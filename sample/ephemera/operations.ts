/** What the sample tells of who is online: its operation, its answer, and the topic that tells of changes. */

export const operations = {
  listOnline: { method: 'GET', path: '/online' },
} as const;

/** Answer of `listOnline`: the users of the caller's tenant. */
export interface OnlineAnswer {
  readonly players: readonly OnlinePlayer[];
}

export interface OnlinePlayer {
  /** The token's `sub`. */
  readonly player: string;
  /** ISO. */
  readonly since: string;
  /** One for each device or page, in the order in which they came. */
  readonly sessions: readonly { readonly sessionId: string; readonly since: string }[];
}

/** Who subscribes to it hears each {@link OnlineChange} as it is recorded. */
export const ONLINE_TOPIC = 'Online';

/** Payload on {@link ONLINE_TOPIC}. With `sessionId` it is about that session, else about the user. */
export interface OnlineChange {
  readonly player: string;
  readonly sessionId?: string;
  readonly isOnline: boolean;
  /** ISO. */
  readonly since: string;
}
