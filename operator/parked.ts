import type {
  FailuresAnswer,
  ManagerRequest,
  ParkedAnswer,
  RedriveAnswer,
  RedriveScope,
} from '../contract/connection-manager.ts';
import { manage } from './aws.ts';
import type { Place } from './place.ts';

/** What lies where nobody takes it; with `unnumbered`, messages without a number too. */
export const listParked = (place: Place, unnumbered: boolean): Promise<ParkedAnswer> =>
  manage(place, 'get_parked', { unnumbered });

/** Posts that did not arrive. */
export const listFailures = (
  place: Place,
  about: ManagerRequest<'get_failures'>,
): Promise<FailuresAnswer> => manage(place, 'get_failures', about);

/** Brings what was parked on its way again. */
export const redrive = (place: Place, scope: RedriveScope): Promise<RedriveAnswer> =>
  manage(place, 'redrive', { scope });
