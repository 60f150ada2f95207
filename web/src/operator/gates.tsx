import { useSignal } from '@preact/signals';
import { formatMoment, formatMs } from '../format.ts';
import { askStage, changeStage } from './ask.ts';
import { Asked, useAsked } from './asked.tsx';
import { Choice } from './choice.tsx';
import { Confirm } from './confirm.tsx';
import {
  aimOf,
  countOf,
  type Gate,
  type Gates,
  gateOf,
  type Kind,
  type StageClock,
  type Wish,
} from './gates-api.ts';
import { ListTable } from './list-table.tsx';
import { TextFilter } from './text-filter.tsx';

const GATES = '/stage/gates';
const CLOCK = '/stage/clock';

/** The stage's misbehaviours: those that stand, one more, and its clock. */
export function GatesScreen() {
  const gates = useAsked<Gates>(GATES, { ask: askStage, everyMs: 1000 });
  const clock = useAsked<StageClock>(CLOCK, { ask: askStage, everyMs: 1000 });
  return (
    <>
      <div class="screen-head">
        <h2>Gates</h2>
      </div>
      <p class="small">
        The stage does what is asked of it, and always in order; AWS does not. A gate makes one of
        its wires misbehave, as AWS may, until it has acted or is opened. They go when the stage
        stops.
      </p>
      <Asked asked={gates}>
        {({ gates: all, catalogue }) => (
          <>
            <Standing gates={all} onChange={gates.again} />
            <CloseGate catalogue={catalogue} onChange={gates.again} />
          </>
        )}
      </Asked>
      <Asked asked={clock}>{(time) => <Clock time={time} onChange={clock.again} />}</Asked>
    </>
  );
}

interface Changing {
  onChange(): void;
}

function Standing({ gates, onChange }: { gates: readonly Gate[] } & Changing) {
  if (gates.length === 0) {
    return <p class="empty">Every gate is open: the stage behaves. Close one below.</p>;
  }
  const open = async (path: string): Promise<void> => {
    await changeStage('DELETE', path);
    onChange();
  };
  return (
    <>
      <ListTable label="Gates that stand" columns={['Gate', 'For', 'Acts', 'Met', 'Acted', 'Act']}>
        {gates.map((gate) => (
          <tr key={gate.id}>
            <th scope="row">
              {gate.at} {gate.do}
            </th>
            <td>{aimOf(gate)}</td>
            <td>
              {countOf(gate)}
              {gate.ms > 0 && `, ${formatMs(gate.ms)}`}
            </td>
            <td>{gate.matched}</td>
            <td class={gate.acted > 0 ? 'warn' : ''}>{gate.acted}</td>
            <td>
              <Confirm
                label="Open"
                about={`gate ${gate.id}`}
                onConfirm={() => open(`${GATES}/${gate.id}`)}
              />
            </td>
          </tr>
        ))}
      </ListTable>
      <Confirm label="Open all" onConfirm={() => open(GATES)} />
    </>
  );
}

const EMPTY: Wish = {
  ...{ at: 'call', do: 'throttle', by: '', what: '', about: '', when: '' },
  ...{ ms: '', more: '', nth: '', times: '', chance: '', seed: '' },
};

function CloseGate({ catalogue, onChange }: { catalogue: Gates['catalogue'] } & Changing) {
  const wish = useSignal<Wish>(EMPTY);
  const { at } = wish.value;
  const kinds = catalogue[at] ?? {};
  const kind: Kind | undefined = kinds[wish.value.do];
  const choose = (more: Partial<Wish>) => {
    wish.value = { ...wish.value, ...more };
  };
  const field = (name: keyof Wish, label: string, placeholder: string) => (
    <TextFilter
      label={label}
      value={wish.value[name]}
      placeholder={placeholder}
      onValue={(typed) => choose({ [name]: typed })}
    />
  );
  const close = async (): Promise<void> => {
    await changeStage('POST', GATES, gateOf(wish.value, kind));
    onChange();
  };
  return (
    <fieldset class="card">
      <legend>Close one</legend>
      <div class="filters">
        <Choice
          label="At"
          value={at}
          options={Object.keys(catalogue).map((each) => [each, each])}
          onValue={(place) =>
            choose({ at: place, do: Object.keys(catalogue[place] ?? {})[0] ?? '' })
          }
        />
        <Choice
          label="Do"
          value={wish.value.do}
          options={Object.keys(kinds).map((each) => [each, each])}
          onValue={(kindName) => choose({ do: kindName })}
        />
        {kind?.after && (
          <Choice
            label="When"
            value={wish.value.when}
            options={[
              ['', 'before it is done'],
              ['after', 'after it is done'],
            ]}
            onValue={(when) => choose({ when })}
          />
        )}
      </div>
      {kind && (
        <p class="small">
          It {kind.does}. On AWS: {kind.standsFor}.
        </p>
      )}
      <div class="filters">
        {field('by', 'By', '*FanOut*')}
        {field('what', 'What', at === 'call' ? 'execute-api:POST' : '*')}
        {field('about', 'About', 'a topic, an id')}
        {kind?.ms && field('ms', 'Milliseconds', '1000')}
        {kind?.more && field('more', 'How many more', '1')}
        {field('nth', 'From number', '1')}
        {field('times', 'Times', kind?.lasts ? 'always' : '1, or always')}
        {field('chance', 'Chance', '1')}
        {field('seed', 'Seed', '1')}
      </div>
      <Confirm label="Close the gate" onConfirm={close} />
    </fieldset>
  );
}

const JUMPS = [
  ['a minute', 60_000],
  ['ten minutes', 600_000],
  ['an hour', 3_600_000],
  ['two hours', 7_200_000],
  ['a day', 86_400_000],
] as const;

function Clock({ time, onChange }: { time: StageClock } & Changing) {
  const advance = async (advanceMs: number): Promise<void> => {
    await changeStage('POST', CLOCK, { advanceMs });
    onChange();
  };
  return (
    <fieldset class="card">
      <legend>The clock</legend>
      <p>
        The stage has <strong>{formatMoment(time.now)}</strong>
        {time.aheadMs > 0 && `, ${Math.round(time.aheadMs / 60_000)} minutes ahead of this machine`}
        . It goes forward only, and moves queues, time to live, idle limits, schedules and tokens.
      </p>
      <div class="filters">
        {JUMPS.map(([words, ms]) => (
          <Confirm
            key={words}
            label={`Forward by ${words}`}
            asks="There is no way back. Move it?"
            onConfirm={() => advance(ms)}
          />
        ))}
      </div>
    </fieldset>
  );
}
