import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatMinute } from '../format.ts';

interface Line {
  readonly name: string;
  /** Null where there is none: the line has a gap there. */
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** Behind each number. */
  readonly unit: string;
  /** Seconds since the epoch, of every line. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

const HEIGHT = 180;
const COLOURS = ['--accent', '--warn', '--bad'] as const;

/** Lines over time. What it shows is told in words too. */
export function Chart({ title, unit, times, lines }: ChartProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isEmpty = lines.every(({ values }) => values.every((value) => value === null));
  const data = [times, ...lines.map(({ values }) => values)] as uPlot.AlignedData;

  const Plot = useSignal<typeof uPlot | undefined>(undefined);
  const { value: Made } = Plot;
  useEffect(() => {
    // Loaded when a chart is looked at. In a browser whose language is none it fails, and the words stay.
    import('uplot').then(
      ({ default: loaded }) => {
        Plot.value = loaded;
      },
      () => {},
    );
  }, []);
  useEffect(() => {
    const { current: target } = box;
    if (!target || !Made) return;
    const { clientWidth: width } = target;
    const made = new Made(optionsOf(lines, unit, width), data, target);
    plot.current = made;
    const sized = new ResizeObserver(() =>
      made.setSize({ width: target.clientWidth, height: HEIGHT }),
    );
    sized.observe(target);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [isEmpty, Made]);
  useEffect(() => plot.current?.setData(data), [lines]);

  return (
    <section class="card" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {isEmpty ? (
        <p class="empty">Nothing was measured within the hour.</p>
      ) : (
        <>
          <div ref={box} aria-hidden="true" />
          <p class="small">{lines.map((line) => latestOf(line, unit)).join(' · ')}</p>
        </>
      )}
    </section>
  );
}

function latestOf({ name, values }: Line, unit: string): string {
  const value = values.findLast((each) => each !== null);
  return `${name}: ${value === undefined || value === null ? 'none' : `${round(value)}${unit}`}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function optionsOf(lines: readonly Line[], unit: string, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line') } };
  return {
    width,
    height: HEIGHT,
    // The last time stands half beside the chart.
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, least, most) => [Math.min(0, least), Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, values: (_, times) => times.map((time) => formatMinute(time * 1000)) },
      { ...axis, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`), size: 60 },
    ],
    series: [
      {},
      ...lines.map(({ name }, at) => ({
        label: name,
        stroke: colour(COLOURS[at % COLOURS.length] ?? '--accent'),
        width: 2,
        points: { show: true, size: 4 },
      })),
    ],
  };
}
