import type { Act } from '../../rules/audit.ts';

/** One request to the connection manager, as its flows need it. */
export interface ManagerCall {
  readonly now: number;
  /** This request as an act on a target, for the audit log. */
  act(target: string): Act;
}
