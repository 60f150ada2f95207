import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface VirtualTableProps<Row> {
  readonly caption: string;
  /** The names of the columns. */
  readonly head: readonly string[];
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  /** The cells of a row, each a `th` or `td`; every row is as high as the others. */
  children(row: Row): ComponentChildren;
  /** Somebody is near the end of what is there. */
  onEnd?(): void;
}

/** As in style.css. */
const ROW_PIXELS = 36;
const ROWS_AROUND = 12;
/** What a tall screen holds. */
const ROWS_SEEN = 40;

/** A table of any length, of which only the rows that are seen are there. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { caption, head, rows, keyOf, children, onEnd } = props;
  const top = useSignal(0);
  const scroll = useRef<HTMLElement>(null);
  const first = Math.max(0, Math.floor(top.value / ROW_PIXELS) - ROWS_AROUND);
  const from = Math.min(first, Math.max(0, rows.length - ROWS_SEEN));
  const to = Math.min(rows.length, from + ROWS_SEEN + 2 * ROWS_AROUND);
  return (
    <section
      class="scroll tall virtual"
      ref={scroll}
      aria-label={caption}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
      tabIndex={0}
      onScroll={() => {
        const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = scroll.current ?? {};
        top.value = scrollTop;
        if (scrollTop + clientHeight > scrollHeight - ROWS_AROUND * ROW_PIXELS) onEnd?.();
      }}
    >
      <table class="list" aria-rowcount={rows.length + 1}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {head.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={from} />
          {rows.slice(from, to).map((row, at) => (
            <tr key={keyOf(row)} aria-rowindex={from + at + 2}>
              {children(row)}
            </tr>
          ))}
          <Space rows={rows.length - to} />
        </tbody>
      </table>
    </section>
  );
}

const Space = ({ rows }: { rows: number }) =>
  rows > 0 ? <tr style={{ height: `${rows * ROW_PIXELS}px` }} /> : null;
