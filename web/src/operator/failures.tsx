import type { FailuresAnswer } from '../../../contract/connection-manager.ts';
import { formatMoment } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';
import { whatFailed, whoseFailure } from './sentences.ts';
import { KeptFilter } from './text-filter.tsx';

/** Recipients that were not reached. */
export function Failures() {
  const topic = parameter('topic');
  const user = parameter('user');
  const query = new URLSearchParams({
    ...(topic.value && { topic: topic.value }),
    ...(user.value && { userId: user.value }),
  });
  const failures = useAsked<FailuresAnswer>(`/failures?${query}`);
  const filter = (label: string, kept: { value: string }) => (
    <KeptFilter label={label} kept={kept} on="change" />
  );
  return (
    <section aria-labelledby="failures-title">
      <h2 id="failures-title">Posts that did not arrive</h2>
      <p class="small">
        One recipient a line, of the last day. Whoever comes back resumes by itself; a redrive of
        its session posts to it now.
      </p>
      <div class="filters">
        {filter('Topic', topic)}
        {filter('User', user)}
      </div>
      <Asked asked={failures}>
        {({ failures: all, isWhole }) =>
          all.length === 0 ? (
            <p class="empty">Every post arrived, as far back as was looked.</p>
          ) : (
            <ListTable
              label="Posts that did not arrive, the latest first"
              columns={['When', 'Outcome', 'Whose', 'Connection', 'What']}
              isWhole={isWhole}
            >
              {all.map((failure) => (
                <tr key={`${failure.at}${failure.connectionId}${failure.upTo ?? ''}`}>
                  <td>{formatMoment(failure.at)}</td>
                  <td class="bad">{String(failure.outcome)}</td>
                  <td>{whoseFailure(failure)}</td>
                  <td>
                    <code>{failure.connectionId}</code>
                  </td>
                  <td>{whatFailed(failure)}</td>
                </tr>
              ))}
            </ListTable>
          )
        }
      </Asked>
    </section>
  );
}
