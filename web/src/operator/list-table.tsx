import type { ComponentChildren } from 'preact';
import { ScrollBox } from './scroll-box.tsx';

interface ListTableProps {
  /** What it lists, for whoever does not see it. */
  readonly label: string;
  readonly columns: readonly string[];
  /** Its rows. */
  readonly children: ComponentChildren;
  /** @default true */
  readonly isWhole?: boolean;
}

/** A list with a head, which scrolls where there is no room for it. */
export const ListTable = ({ label, columns, children, isWhole = true }: ListTableProps) => (
  <ScrollBox label={label}>
    <table class="list">
      <caption class="unseen">{label}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
    {!isWhole && <p class="small">There are more, further back.</p>}
  </ScrollBox>
);
