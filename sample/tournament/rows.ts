/** The names of the variables that tell the sample's functions where things are. */
export const TOURNAMENTS_TABLE_VARIABLE = 'TOURNAMENTS_TABLE_NAME';
export const STATE_MACHINE_VARIABLE = 'STATE_MACHINE_ARN';

/** One tournament of one tenant, as far as its assignment has got. */
export interface TournamentRow {
  readonly tenant: string;
  readonly tournamentId: string;
  /** ISO. */
  readonly startTime: string;
  /** The execution that it belongs to: no other one may change it. */
  readonly executionArn: string;
  readonly status: 'registered' | 'assigned' | 'locked' | 'cancelled';
  readonly teamId?: string;
  readonly players?: readonly string[];
}
