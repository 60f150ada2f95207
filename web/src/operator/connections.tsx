import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type {
  CleanupAnswer,
  ConnectionList,
  ListedConnection,
} from '../../../contract/connection-manager.ts';
import { formatMoment } from '../format.ts';
import { act, ask } from './ask.ts';
import { Asked, useAsked } from './asked.tsx';
import { Confirm } from './confirm.tsx';
import { parameter } from './place.ts';
import { ScreenHead } from './screen-head.tsx';
import { counted } from './sentences.ts';
import { KeptFilter } from './text-filter.tsx';
import { userHref } from './users.tsx';
import { VirtualTable } from './virtual-table.tsx';

/** Who is connected: everybody, page by page as one scrolls, or one user. */
export function ConnectionsScreen() {
  const user = parameter('user');
  const find = parameter('find');
  const query = new URLSearchParams(user.value ? { userId: user.value } : {});
  const first = useAsked<ConnectionList>(`/connections?${query}`);
  return (
    <>
      <ScreenHead title="Connections" onAgain={first.again} />
      <div class="filters">
        <KeptFilter label="User" kept={user} on="change" placeholder="everybody" />
        <KeptFilter label="Find in what is listed" kept={find} />
      </div>
      <Asked asked={first}>
        {(page) => (
          <Listed
            key={`${user.value} ${page.nextToken} ${page.count}`}
            first={page}
            find={find.value.trim()}
            ofUser={user.value}
          />
        )}
      </Asked>
      <CleanUp onDone={first.again} />
    </>
  );
}

interface ListedProps {
  readonly first: ConnectionList;
  readonly find: string;
  readonly ofUser: string;
}

function Listed({ first, find, ofUser }: ListedProps) {
  const rows = useSignal(first.connections);
  const next = useSignal(first.nextToken);
  const gone = useSignal<ReadonlySet<string>>(new Set());
  const failed = useSignal<string | undefined>(undefined);
  const isAsking = useRef(false);
  useEffect(() => {
    rows.value = first.connections;
    next.value = first.nextToken;
  }, [first]);

  const more = async (): Promise<void> => {
    if (isAsking.current || next.value === undefined) return;
    isAsking.current = true;
    try {
      const page = await ask<ConnectionList>(
        `/connections?${new URLSearchParams({ nextToken: next.value })}`,
      );
      rows.value = [...rows.value, ...page.connections];
      next.value = page.nextToken;
      failed.value = undefined;
    } catch (fault) {
      failed.value = fault instanceof Error ? fault.message : String(fault);
    }
    isAsking.current = false;
  };
  const change = async (connectionId: string, status: string): Promise<void> => {
    await act('/status', { connectionId, status });
    gone.value = new Set([...gone.value, connectionId]);
  };

  const shown = rows.value.filter(
    ({ connectionId, userId = '' }) =>
      !gone.value.has(connectionId) && `${connectionId} ${userId}`.includes(find),
  );
  if (rows.value.length === 0) {
    return (
      <p class="empty">
        {ofUser
          ? `${ofUser} has no active connection.`
          : 'Nobody is connected. Whoever opens a socket and authenticates is listed here.'}
      </p>
    );
  }
  return (
    <>
      <p class="small" role="status">
        {counted(shown.length, 'connection')}
        {find && ` of ${rows.value.length} listed`}
        {next.value !== undefined && ', and more as you scroll'}.
      </p>
      {failed.value && (
        <p class="failed" role="alert">
          {failed.value}
        </p>
      )}
      {shown.length === 0 ? (
        <p class="empty">None of those listed has that in it.</p>
      ) : (
        <VirtualTable
          caption="Active connections"
          head={['Connection', 'User', 'Since', 'Acts']}
          rows={shown}
          keyOf={({ connectionId }) => connectionId}
          onEnd={() => void more()}
        >
          {(connection) => <Cells connection={connection} onChange={change} />}
        </VirtualTable>
      )}
    </>
  );
}

interface CellsProps {
  readonly connection: ListedConnection;
  onChange(connectionId: string, status: string): Promise<void>;
}

function Cells({ connection: { connectionId, userId, createdAt }, onChange }: CellsProps) {
  return (
    <>
      <th scope="row">
        <code>{connectionId}</code>
      </th>
      <td>{userId === undefined ? '–' : <a href={userHref(userId)}>{userId}</a>}</td>
      <td>{formatMoment(createdAt)}</td>
      <td>
        <span class="acts">
          <Confirm
            label="Drop"
            about={connectionId}
            asks="Close its socket?"
            onConfirm={() => onChange(connectionId, 'DISCONNECTED')}
          />
          <Confirm
            label="Mark stale"
            about={connectionId}
            onConfirm={() => onChange(connectionId, 'STALE')}
          />
        </span>
      </td>
    </>
  );
}

/** Says how many it would ask about before it is done. */
function CleanUp({ onDone }: { onDone(): void }) {
  const silent = useAsked<{ readonly silent: number }>('/silent');
  const done = useSignal<string | undefined>(undefined);
  return (
    <section class="card" aria-labelledby="clean-up-title">
      <h3 id="clean-up-title">Clean up</h3>
      <Asked asked={silent}>
        {({ silent: many }) => (
          <p>
            {many === 0
              ? 'Something was heard of every connection within the hour: there is nothing to clean up.'
              : `Nothing was heard of ${counted(many, 'connection')} for an hour. A clean-up asks the gateway about each, and takes out those that are gone.`}
          </p>
        )}
      </Asked>
      <Confirm
        label="Clean up"
        asks={`Ask the gateway about ${counted(silent.answer?.silent ?? 0, 'connection')}?`}
        disabled={!silent.answer?.silent}
        onConfirm={async () => {
          const { cleanedCount } = await act<CleanupAnswer>('/clean-up', {});
          done.value = `${counted(cleanedCount, 'connection')} taken out.`;
          silent.again();
          onDone();
        }}
      />
      {done.value && <p role="status">{done.value}</p>}
    </section>
  );
}
