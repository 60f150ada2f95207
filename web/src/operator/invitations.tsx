import { useSignal } from '@preact/signals';
import type { GenerateInvitationAnswer } from '../../../contract/internal.ts';
import { INVITATION_DAYS, INVITATION_DAYS_MOST } from '../../../contract/limits.ts';
import type { ListedInvitation } from '../../../operator/invitations.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { formatMoment } from '../format.ts';
import { act } from './ask.ts';
import { Asked, useAsked } from './asked.tsx';
import { Confirm } from './confirm.tsx';
import { ListTable } from './list-table.tsx';
import { ScreenHead } from './screen-head.tsx';

/** Invitations as they stand, without their codes; a new one's is shown once. */
export function InvitationsScreen() {
  const list = useAsked<readonly ListedInvitation[]>('/invitations');
  const days = useSignal(INVITATION_DAYS);
  const made = useSignal<GenerateInvitationAnswer | undefined>(undefined);
  const isRight =
    Number.isInteger(days.value) && days.value >= 1 && days.value <= INVITATION_DAYS_MOST;
  const create = async (): Promise<void> => {
    made.value = await act<GenerateInvitationAnswer>('/invitations', { validDays: days.value });
    list.again();
  };
  return (
    <>
      <ScreenHead title="Invitations" onAgain={list.again} />
      <fieldset class="card">
        <legend>A new one</legend>
        <div class="filters">
          <label class="filter">
            <span>Good for days</span>
            <input
              type="number"
              min={1}
              max={INVITATION_DAYS_MOST}
              value={days.value}
              aria-invalid={isRight ? undefined : true}
              onInput={({ currentTarget }) => {
                days.value = currentTarget.valueAsNumber;
              }}
            />
          </label>
          <Confirm
            label="Create"
            about="an invitation"
            asks="Create it? Its code is shown here once, and kept nowhere."
            disabled={!isRight}
            onConfirm={create}
          />
        </div>
        {!isRight && <p class="bad">From 1 to {INVITATION_DAYS_MOST} days, in whole numbers.</p>}
        {made.value && (
          <p role="status">
            <code class="code">{made.value.inviteCode}</code>{' '}
            <CopyButton what="the code" text={made.value.inviteCode} /> good until{' '}
            {formatMoment(made.value.expiresAt)}. It is shown this once.
          </p>
        )}
      </fieldset>
      <Asked asked={list}>
        {(all) =>
          all.length === 0 ? (
            <p class="empty">Nobody was invited yet: create one above, once you operate.</p>
          ) : (
            <ListTable
              label="Invitations, the newest first"
              columns={['Mark', 'State', 'Created', 'Good until', 'By']}
            >
              {all.map(({ mark, state, createdAt, expiresAt, claimedBy, usedBy }) => (
                <tr key={mark}>
                  <th scope="row">
                    <code>{mark}</code>
                  </th>
                  <td class={state === 'unused' ? 'good' : ''}>{state}</td>
                  <td>{formatMoment(createdAt)}</td>
                  <td>{formatMoment(expiresAt)}</td>
                  <td>{usedBy ?? claimedBy ?? '–'}</td>
                </tr>
              ))}
            </ListTable>
          )
        }
      </Asked>
    </>
  );
}
