import type { AuditRow } from '../../../contract/tables.ts';
import { formatMoment } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';
import { ScreenHead } from './screen-head.tsx';
import { KeptFilter } from './text-filter.tsx';

const today = (): string => new Date().toISOString().slice(0, 'yyyy-mm-dd'.length);

/** What administration did: on a day, or to one target. */
export function AuditScreen() {
  const day = parameter('day');
  const target = parameter('target');
  const find = parameter('find');
  const query = new URLSearchParams(
    target.value ? { target: target.value } : { day: day.value || today() },
  );
  const lines = useAsked<readonly AuditRow[]>(`/audit?${query}`);
  return (
    <>
      <ScreenHead title="Audit" onAgain={lines.again} />
      <div class="filters">
        <label class="filter">
          <span>Day (UTC)</span>
          <input
            type="date"
            value={day.value || today()}
            disabled={target.value !== ''}
            onChange={({ currentTarget }) => {
              day.value = currentTarget.value;
            }}
          />
        </label>
        <KeptFilter
          label="Target"
          kept={target}
          on="change"
          placeholder="connection#ID, user#TENANT#USER"
        />
        <KeptFilter label="Find" kept={find} />
      </div>
      <Asked asked={lines}>{(all) => <Lines lines={all} find={find.value.trim()} />}</Asked>
    </>
  );
}

function Lines({ lines, find }: { lines: readonly AuditRow[]; find: string }) {
  const shown = lines
    .filter(({ actor, act, target }) => `${actor} ${act} ${target}`.includes(find))
    .toReversed();
  if (lines.length === 0) {
    return (
      <p class="empty">Nothing was done then. Every administrative act leaves two lines here.</p>
    );
  }
  if (shown.length === 0) return <p class="empty">No line has that in it.</p>;
  return (
    <ListTable
      label="Acts, the latest first"
      columns={['When', 'Who', 'Act', 'Target', 'Outcome', 'Before and after']}
    >
      {shown.map(({ entry, at, actor, act, target, outcome, before, after }) => (
        <tr key={entry}>
          <td>{formatMoment(at)}</td>
          <td>{actor}</td>
          <td>{act}</td>
          <td>
            <code>{target}</code>
          </td>
          <td class={outcome === 'failed' || outcome === 'refused' ? 'bad' : ''}>{outcome}</td>
          <td>
            {(before ?? after) === undefined ? (
              '–'
            ) : (
              <details>
                <summary>Show</summary>
                <pre>{JSON.stringify({ before, after }, undefined, 2)}</pre>
              </details>
            )}
          </td>
        </tr>
      ))}
    </ListTable>
  );
}
