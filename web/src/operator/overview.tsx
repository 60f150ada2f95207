import type { ParkedAnswer } from '../../../contract/connection-manager.ts';
import type { MetricSeries, SeriesName } from '../../../operator/metrics.ts';
import { facts } from '../stage.ts';
import { Asked, useAsked } from './asked.tsx';
import { Chart } from './chart.tsx';

/** How often it is looked again; functions measure by the minute, and AWS charges for each look. */
const STAGE_EVERY_MS = 5000;
const AWS_EVERY_MS = 60_000;

interface Tile {
  readonly name: string;
  readonly series: SeriesName;
  /** Of the last hour, or as it was measured last. */
  readonly of: 'sum' | 'latest';
  /** Where the rows behind it are. */
  readonly href: string;
  /** Anything but nothing is trouble. */
  readonly isTrouble?: boolean;
}

const tiles: readonly Tile[] = [
  { name: 'Active connections', series: 'connections', of: 'latest', href: 'connections' },
  { name: 'Delivered', series: 'delivered', of: 'sum', href: 'topics' },
  {
    name: 'Posts told 410',
    series: 'gone',
    of: 'sum',
    href: 'functions?function=fan-out',
  },
  {
    name: 'Not delivered',
    series: 'failed',
    of: 'sum',
    href: 'parked',
    isTrouble: true,
  },
  {
    name: 'Rows without socket',
    series: 'rowsWithoutSocket',
    of: 'sum',
    href: 'functions?function=sweep',
    isTrouble: true,
  },
  {
    name: 'Sockets without row',
    series: 'socketsWithoutRow',
    of: 'sum',
    href: 'functions?function=sweep',
    isTrouble: true,
  },
];

/** How it goes: numbers that lead to what is behind them, and the last hour of each in a chart. */
export function OverviewScreen() {
  const everyMs = facts.value?.isStage ? STAGE_EVERY_MS : AWS_EVERY_MS;
  const measured = useAsked<MetricSeries>('/metrics', { everyMs });
  const parked = useAsked<ParkedAnswer>('/parked', { everyMs });
  return (
    <>
      <div class="screen-head">
        <h2>Overview</h2>
        <span class="small">the last hour, by the minute</span>
      </div>
      <ParkedLine parked={parked} />
      {facts.value?.isStage === false && facts.value.dashboard && (
        <p class="small">
          What AWS measures by itself, errors and durations of functions, queues and tables, stands
          on the dashboard {facts.value.dashboard} in CloudWatch.
        </p>
      )}
      <Asked asked={measured}>
        {({ times, values }) => (
          <>
            <ul class="tiles">
              {tiles.map((tile) => (
                <Figure key={tile.series} tile={tile} values={values[tile.series]} />
              ))}
            </ul>
            <div class="charts">
              <Chart
                title="Active connections"
                unit=""
                times={times}
                lines={[{ name: 'connections', values: values.connections }]}
              />
              <Chart
                title="Delivered"
                unit=""
                times={times}
                lines={[
                  { name: 'delivered', values: values.delivered },
                  { name: 'told 410', values: values.gone },
                  { name: 'failed', values: values.failed },
                ]}
              />
              <Chart
                title="Publish to last post"
                unit=" ms"
                times={times}
                lines={[
                  { name: 'mean', values: values.latencyMean },
                  { name: 'longest', values: values.latencyMost },
                ]}
              />
            </div>
          </>
        )}
      </Asked>
    </>
  );
}

/** Nothing measured and nothing to measure are two things. */
function Figure({
  tile: { name, of, href, isTrouble },
  values,
}: {
  tile: Tile;
  values: readonly (number | null)[];
}) {
  const measured = values.filter((value) => value !== null);
  const value = of === 'latest' ? measured.at(-1) : measured.reduce((sum, each) => sum + each, 0);
  const isKnown = measured.length > 0;
  return (
    <li class="tile">
      <a href={`#operate/${href}`}>
        <span class="small">{name}</span>
        <strong class={isKnown && isTrouble && value ? 'bad' : ''}>{isKnown ? value : '–'}</strong>
        <span class="small">
          {isKnown ? (of === 'latest' ? 'at the last sweep' : 'in all') : 'not measured yet'}
        </span>
      </a>
    </li>
  );
}

function ParkedLine({ parked }: { parked: ReturnType<typeof useAsked<ParkedAnswer>> }) {
  return (
    <Asked asked={parked}>
      {({ queues }) => {
        const lying = queues.reduce((sum, queue) => sum + queue.parked, 0);
        return lying === 0 ? (
          <p class="small">Nothing is parked.</p>
        ) : (
          <p class="warn" role="status">
            <a href="#operate/parked">{lying} parked</a>: what nobody could take lies there until it
            is redriven.
          </p>
        );
      }}
    </Asked>
  );
}
