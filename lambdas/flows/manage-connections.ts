import {
  type ManagerAction,
  type ManagerRequest,
  managerCall,
  managerShape,
} from '../../contract/connection-manager.ts';
import { UNNAMED_ACTOR } from '../../contract/internal.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { USER_ID_INDEX } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import type { Reaches } from '../platform/reach.ts';
import { readShape } from '../platform/read-shape.ts';
import { type CleanUpReach, cleanUp } from './clean-up.ts';
import { type DropUserReach, dropUser } from './drop-user.ts';
import { listOfAll, listOfUser } from './list-connections.ts';
import { listFailures } from './list-failures.ts';
import { type ListParkedReach, listParked } from './list-parked.ts';
import { type RedriveParkedReach, redriveParked } from './redrive-parked.ts';
import { sessionTimeline, type TimelineReach } from './session-timeline.ts';
import { type UpdateStatusReach, updateStatus } from './update-status.ts';

export type ManagerReach = CleanUpReach &
  UpdateStatusReach &
  DropUserReach &
  TimelineReach &
  ListParkedReach &
  RedriveParkedReach &
  Reaches<{ connections: 'batchGet' | `query ${typeof USER_ID_INDEX}` }>;

interface Asked {
  readonly now: number;
  readonly requestId: string;
}

type Answer = (
  reach: ManagerReach,
  payload: unknown,
  actor: string,
  asked: Asked,
) => Promise<object>;

const answering =
  <Action extends ManagerAction>(
    action: Action,
    run: (
      reach: ManagerReach,
      request: ManagerRequest<Action>,
      call: AuditedCall,
    ) => Promise<object>,
  ): Answer =>
  (reach, payload, actor, { now, requestId }) => {
    const act = (target: string) => ({ actor, act: action, target, requestId });
    return run(reach, readShape(payload, managerShape(action)), { now, act });
  };

/** An action of the contract without an answer here does not compile. */
const answers: { readonly [Action in ManagerAction]: Answer } = {
  get_user_connections: answering('get_user_connections', listOfUser),
  get_all_connections: answering('get_all_connections', listOfAll),
  update_connection_status: answering('update_connection_status', updateStatus),
  cleanup_stale_connections: answering('cleanup_stale_connections', cleanUp),
  drop_user: answering('drop_user', dropUser),
  get_session_timeline: answering('get_session_timeline', sessionTimeline),
  get_failures: answering('get_failures', listFailures),
  get_parked: answering('get_parked', listParked),
  redrive: answering('redrive', redriveParked),
};

/**
 * Answers one request to the connection manager [S2]. Refuses `malformed` and `unknown-action` [S2-06],
 * and what each action says of itself.
 */
export async function manageConnections(
  reach: ManagerReach,
  payload: unknown,
  asked: Asked,
): Promise<object> {
  const { action, actor = UNNAMED_ACTOR } = readShape(payload ?? {}, managerCall);
  if (!Object.hasOwn(answers, action)) throw new Refusal('unknown-action');
  return answers[action as ManagerAction](reach, payload, actor, asked);
}
