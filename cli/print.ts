import { styleText } from 'node:util';
import type { Outcome, Row } from './command.ts';

/** For people: a table, or one thing by its fields, and a sentence. */
export function print({ json, rows, sentence }: Outcome): string {
  const body = rows ? table(rows) : sentence === undefined ? fields(json) : '';
  return [body, sentence].filter(Boolean).join('\n');
}

/** One line of those that come one by one: when, what, and the rest by its names. */
export const printLine = ({ at, fact, ...about }: Row): string => {
  const rest = Object.entries(about).map(
    ([name, value]) => `${styleText('dim', `${name}=`)}${textOf(value)}`,
  );
  return [textOf(at), textOf(fact).padEnd(20), ...rest].join('  ').trimEnd();
};

function table(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const widths = names.map((name) =>
    Math.max(name.length, ...rows.map((row) => textOf(row[name]).length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const body = rows.map((row) => line(names.map((name) => textOf(row[name]))));
  return rows.length === 0 ? '' : [styleText('dim', line(names)), ...body].join('\n');
}

function fields(thing: unknown): string {
  if (typeof thing !== 'object' || thing === null) return textOf(thing);
  const entries = Object.entries(thing);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries
    .map(([name, value]) => `${styleText('dim', name.padEnd(width))}  ${textOf(value)}`)
    .join('\n');
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
