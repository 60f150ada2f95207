import type { Notice } from '../contract/protocol.ts';
import type { RefusalCode } from '../contract/refusals.ts';

/** Why a client is in the state it is in: machines read the code, people the reason. */
export interface Why {
  readonly code: WhyCode;
  readonly reason: string;
}

export type WhyCode =
  | 'asked'
  | 'opened'
  | 'welcome'
  | 'handed-over'
  | 'no-token'
  | 'socket-lost'
  | 'gateway-error'
  | 'no-answer'
  | RefusalCode;

/** idle → connecting → authenticating → connected → reconnecting → … until closed (asked for) or failed. */
export type State = Why &
  (
    | { readonly name: 'idle' | 'connecting' | 'authenticating' }
    | {
        readonly name: 'connected';
        /** Another one by `handed-over`: a fresh socket took over, and nothing was interrupted. */
        readonly connectionId: string;
        readonly userId: string;
        readonly tenant: string;
        readonly sessionId: string;
        /** `resumed`: the session was still there, and so were its subscriptions. */
        readonly session: 'new' | 'resumed';
        /** An earlier connection of this session could not be served and was closed; told once. */
        readonly notice?: Notice;
        /** Seconds since the epoch: of the token, which is renewed before then. */
        readonly expiresAt: number;
      }
    /** The next try, counted from 1, comes by itself after `inMs`; `connect()` makes it come now. */
    | { readonly name: 'reconnecting'; readonly attempt: number; readonly inMs: number }
    /** `closed` was asked for, `failed` would fail again in the same way: only `connect()` leaves them. */
    | { readonly name: 'closed' | 'failed' }
  );
