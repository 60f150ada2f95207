import {
  type GenerateInvitationAnswer,
  generateInvitationRequest,
} from '../../contract/internal.ts';
import { INVITATION_DAYS } from '../../contract/limits.ts';
import { generateInvitation } from '../flows/generate-invitation.ts';
import { internalEdge } from '../platform/internal-edge.ts';
import { openTables } from '../platform/reach.ts';

const reach = openTables('generate-invitation');

/** [S0-05] A new code, told to whoever invoked and to nobody else. */
export const handler = internalEdge(
  'generateInvitation',
  generateInvitationRequest,
  ({ validDays = INVITATION_DAYS }, call): Promise<GenerateInvitationAnswer> =>
    generateInvitation(reach, validDays, call),
);
