import { useSignal } from '@preact/signals';
import type { DropUserAnswer } from '../../../contract/connection-manager.ts';
import type { RevokeAnswer } from '../../../contract/internal.ts';
import { DEFAULT_TENANT } from '../../../contract/names.ts';
import type { ListedSession, UserFacts } from '../../../operator/sessions.ts';
import { formatMoment } from '../format.ts';
import { act } from './ask.ts';
import { Asked, useAsked } from './asked.tsx';
import { Confirm } from './confirm.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';
import { counted } from './sentences.ts';
import { KeptFilter, TextFilter } from './text-filter.tsx';
import { Timeline } from './timeline.tsx';

interface Found extends UserFacts {
  readonly sessions: readonly ListedSession[];
}

export const userHref = (userId: string): string =>
  `#operate/users?${new URLSearchParams({ user: userId })}`;

/** One user: online or not, with which sessions, and what became of each of them. */
export function UsersScreen() {
  const user = parameter('user');
  const tenant = parameter('tenant', DEFAULT_TENANT);
  return (
    <>
      <div class="screen-head">
        <h2>Users and sessions</h2>
      </div>
      <div class="filters">
        <KeptFilter label="User id" kept={user} on="change" placeholder="the sub of their token" />
        <TextFilter
          label="Tenant"
          value={tenant.value}
          on="change"
          onValue={(typed) => {
            tenant.value = typed.trim() || DEFAULT_TENANT;
          }}
        />
      </div>
      {user.value ? (
        <OneUser key={`${tenant.value} ${user.value}`} userId={user.value} tenant={tenant.value} />
      ) : (
        <p class="empty">
          Type the id of a user, or come here from a <a href="#operate/connections">connection</a>.
        </p>
      )}
    </>
  );
}

type Name = { readonly userId: string; readonly tenant: string };

function OneUser(name: Name) {
  const found = useAsked<Found>(`/user?${new URLSearchParams({ ...name })}`);
  const done = useSignal<string | undefined>(undefined);
  const session = parameter('session');
  const tell = (sentence: string): void => {
    done.value = sentence;
    found.again();
  };
  const revoke = async (sessionId?: string): Promise<void> => {
    const request = { ...name, ...(sessionId !== undefined && { sessionId }) };
    tell(whatWasRevoked(await act<RevokeAnswer>('/revoke', request)));
  };
  return (
    <Asked asked={found}>
      {({ isOnline, sessions, version, revokedUntil }) => (
        <>
          <section class="card" aria-labelledby="user-title">
            <div class="screen-head">
              <h3 id="user-title">
                {name.userId} is{' '}
                <span class={isOnline ? 'good' : ''}>{isOnline ? 'online' : 'offline'}</span>
              </h3>
              <span class="acts">
                <Confirm
                  label="Drop"
                  about="every connection of this user"
                  asks="Close all their sockets? They may come back."
                  disabled={!isOnline}
                  onConfirm={async () => {
                    const { droppedCount } = await act<DropUserAnswer>('/drop-user', name);
                    tell(`${counted(droppedCount, 'connection')} closed.`);
                  }}
                />
                <Confirm
                  label="Revoke"
                  about="this user"
                  asks="End all their sessions, and refuse every token that they have?"
                  onConfirm={() => revoke()}
                />
              </span>
            </div>
            <p class="small">
              Came and went {counted(version, 'time')}.
              {revokedUntil !== undefined &&
                ` Tokens issued until ${formatMoment(new Date(revokedUntil * 1000).toISOString())} are refused.`}
            </p>
            {done.value && <p role="status">{done.value}</p>}
          </section>
          <Sessions
            sessions={sessions}
            chosen={session.value}
            onChoose={(id) => {
              session.value = id;
            }}
            onRevoke={revoke}
          />
          {session.value && <Timeline key={session.value} {...name} sessionId={session.value} />}
        </>
      )}
    </Asked>
  );
}

const whatWasRevoked = ({ endedSessions, closed, stillOpen }: RevokeAnswer): string =>
  [
    `${counted(endedSessions.length, 'session')} ended, ${counted(closed.length, 'connection')} closed.`,
    ...(stillOpen.length > 0 ? [`The gateway did not close ${stillOpen.join(', ')}.`] : []),
  ].join(' ');

interface SessionsProps {
  readonly sessions: readonly ListedSession[];
  readonly chosen: string;
  onChoose(sessionId: string): void;
  onRevoke(sessionId: string): Promise<void>;
}

function Sessions({ sessions, chosen, onChoose, onRevoke }: SessionsProps) {
  if (sessions.length === 0) {
    return (
      <p class="empty">
        No session of this user is known: they never came, or their last one is forgotten.
      </p>
    );
  }
  return (
    <ListTable
      label="Sessions, live ones first"
      columns={['Session', 'State', 'Since', 'Connections', 'Acts']}
    >
      {sessions.map(({ sessionId, state, connectedAt, connectionIds }) => (
        <tr key={sessionId} aria-current={chosen === sessionId ? 'true' : undefined}>
          <th scope="row">
            <button type="button" class="link" onClick={() => onChoose(sessionId)}>
              {sessionId}
            </button>
          </th>
          <td class={state === 'live' ? 'good' : ''}>{state}</td>
          <td>{formatMoment(connectedAt)}</td>
          <td>{connectionIds.length === 0 ? '–' : <code>{connectionIds.join(' ')}</code>}</td>
          <td>
            <Confirm
              label="Revoke"
              about={sessionId}
              asks="End it now? Only a newer token opens it again."
              disabled={state !== 'live'}
              onConfirm={() => onRevoke(sessionId)}
            />
          </td>
        </tr>
      ))}
    </ListTable>
  );
}
