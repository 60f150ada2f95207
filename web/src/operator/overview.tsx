import type { ParkedAnswer } from '../../../contract/connection-manager.ts';
import type { MetricName } from '../../../contract/metrics.ts';
import { askStage } from './ask.ts';
import { Asked, useAsked } from './asked.tsx';
import { Chart } from './chart.tsx';
import { lastHourOf, type MetricReport } from './metrics.ts';

/** How often it is looked again; functions measure by the minute. */
const EVERY_MS = 5000;

interface Tile {
  readonly name: string;
  readonly metric: MetricName;
  /** Of the last hour, or as it was measured last. */
  readonly of: 'sum' | 'latest';
  /** Where the rows behind it are. */
  readonly href: string;
  /** Anything but nothing is trouble. */
  readonly isTrouble?: boolean;
}

const tiles: readonly Tile[] = [
  { name: 'Active connections', metric: 'ActiveConnections', of: 'latest', href: 'connections' },
  { name: 'Delivered', metric: 'Delivered', of: 'sum', href: 'topics' },
  {
    name: 'Posts told 410',
    metric: 'GonePosts',
    of: 'sum',
    href: 'functions?function=fan-out',
  },
  {
    name: 'Not delivered',
    metric: 'DeliveriesFailed',
    of: 'sum',
    href: 'parked',
    isTrouble: true,
  },
  {
    name: 'Rows without socket',
    metric: 'RowsWithoutSocket',
    of: 'sum',
    href: 'functions?function=sweep',
    isTrouble: true,
  },
  {
    name: 'Sockets without row',
    metric: 'SocketsWithoutRow',
    of: 'sum',
    href: 'functions?function=sweep',
    isTrouble: true,
  },
];

/** How it goes: numbers that lead to what is behind them, and the last hour of each in a chart. */
export function OverviewScreen() {
  const reports = useAsked<readonly MetricReport[]>('/stage/metrics', {
    ask: askStage,
    everyMs: EVERY_MS,
  });
  const parked = useAsked<ParkedAnswer>('/parked', { everyMs: EVERY_MS });
  return (
    <>
      <div class="screen-head">
        <h2>Overview</h2>
        <span class="small">the last hour, by the minute</span>
      </div>
      <ParkedLine parked={parked} />
      <Asked asked={reports}>
        {(all) => (
          <>
            <ul class="tiles">
              {tiles.map((tile) => (
                <Figure key={tile.metric} tile={tile} reports={all} />
              ))}
            </ul>
            <div class="charts">
              <Chart
                title="Active connections"
                unit=""
                lines={[{ name: 'connections', ...lastHourOf(all, 'ActiveConnections', 'latest') }]}
              />
              <Chart
                title="Delivered"
                unit=""
                lines={[
                  { name: 'delivered', ...lastHourOf(all, 'Delivered', 'sum') },
                  { name: 'told 410', ...lastHourOf(all, 'GonePosts', 'sum') },
                  { name: 'failed', ...lastHourOf(all, 'DeliveriesFailed', 'sum') },
                ]}
              />
              <Chart
                title="Publish to last post"
                unit=" ms"
                lines={[
                  { name: 'mean', ...lastHourOf(all, 'MessageLatency', 'mean') },
                  { name: 'longest', ...lastHourOf(all, 'MessageLatency', 'most') },
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
  tile: { name, metric, of, href, isTrouble },
  reports,
}: {
  tile: Tile;
  reports: readonly MetricReport[];
}) {
  const { values } = lastHourOf(reports, metric, of);
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
