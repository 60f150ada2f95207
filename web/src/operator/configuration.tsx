import type { Configuration, ConfiguredVariable } from '../../../operator/configuration.ts';
import { formatMoment } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';
import { ScreenHead } from './screen-head.tsx';
import { KeptFilter } from './text-filter.tsx';

/** What functions really run with, and where one of them runs with something else. */
export function ConfigurationScreen() {
  const asked = useAsked<Configuration>('/configuration');
  const find = parameter('find');
  return (
    <>
      <ScreenHead title="Configuration" onAgain={asked.again} />
      <p class="small">
        As Lambda tells it. What looks like a secret by its name is not shown. Settings are changed
        by a deployment: <code>cdk deploy -c switchboard:NAME=VALUE</code>.
      </p>
      <div class="filters">
        <KeptFilter label="Find" kept={find} />
      </div>
      <Asked asked={asked}>
        {({ variables, functions }) => (
          <>
            <Variables
              variables={variables.filter(({ name, value }) =>
                `${name} ${value}`.toLowerCase().includes(find.value.trim().toLowerCase()),
              )}
              everybody={functions.length}
            />
            <Functions functions={functions} />
          </>
        )}
      </Asked>
    </>
  );
}

interface VariablesProps {
  readonly variables: readonly ConfiguredVariable[];
  readonly everybody: number;
}

function Variables({ variables, everybody }: VariablesProps) {
  if (variables.length === 0) return <p class="empty">No variable has that in it.</p>;
  const differing = [...new Set(variables.filter((each) => each.differs).map(({ name }) => name))];
  return (
    <>
      {differing.length > 0 && (
        <p class="warn" role="status">
          Not every function has the same {differing.join(', ')}: somebody has changed one by hand,
          or a deployment has stopped half way.
        </p>
      )}
      <ListTable label="Variables" columns={['Variable', 'Value', 'Of']}>
        {variables.map(({ name, value, functions, differs }) => (
          <tr key={`${name}=${value}`}>
            <th scope="row" class="name">
              {name}
            </th>
            <td class={differs ? 'bad' : ''}>
              <code>{value}</code>
            </td>
            <td>{functions.length === everybody ? 'every function' : functions.join(', ')}</td>
          </tr>
        ))}
      </ListTable>
    </>
  );
}

const Functions = ({ functions }: Pick<Configuration, 'functions'>) => (
  <ListTable
    label="Functions"
    columns={['Function', 'Runtime', 'Memory', 'Time', 'Changed', 'Name at AWS']}
  >
    {functions.map((each) => (
      <tr key={each.name}>
        <th scope="row">
          <a href={`#operate/functions?function=${each.name}`}>{each.name}</a>
        </th>
        <td>{each.runtime}</td>
        <td class="figure">{each.memoryMb} MB</td>
        <td class="figure">{each.timeoutSeconds} s</td>
        <td>{each.changedAt ? formatMoment(each.changedAt) : '–'}</td>
        <td>
          <code>{each.functionName}</code>
        </td>
      </tr>
    ))}
  </ListTable>
);
