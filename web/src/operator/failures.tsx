import type { FailuresAnswer } from '../../../contract/connection-manager.ts';
import { formatMoment } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { parameter } from './place.ts';
import { ScrollBox } from './scroll-box.tsx';
import { whatFailed, whoseFailure } from './sentences.ts';
import { TextFilter } from './text-filter.tsx';

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
    <TextFilter
      label={label}
      value={kept.value}
      on="change"
      onValue={(typed) => {
        kept.value = typed.trim();
      }}
    />
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
            <ScrollBox label="Posts that did not arrive, the latest first">
              <table class="list">
                <caption class="unseen">Posts that did not arrive, the latest first</caption>
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">Outcome</th>
                    <th scope="col">Whose</th>
                    <th scope="col">Connection</th>
                    <th scope="col">What</th>
                  </tr>
                </thead>
                <tbody>
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
                </tbody>
              </table>
              {!isWhole && <p class="small">There are more, further back.</p>}
            </ScrollBox>
          )
        }
      </Asked>
    </section>
  );
}
