import { AwsFault } from '../service.ts';

/** One line of a log, as Insights sees it: JSON with its fields, by their path. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whose it is, as AWS writes it: `ACCOUNT:GROUP`. */
  readonly log: string;
  readonly text: string;
  readonly json: unknown;
}

export interface Query {
  readonly fields: readonly string[];
  isAskedFor(event: LogEvent): boolean;
  readonly order: 'asc' | 'desc';
  readonly most: number;
}

type Condition = (event: LogEvent) => boolean;

/**
 * The part of CloudWatch Logs Insights' language that functions here speak: `fields`, `filter` with `=`,
 * `in [...]`, `and`, `or` and brackets, `sort @timestamp`, `limit`. Whatever else a query says is refused
 * with a sentence, never passed over.
 */
export function readQuery(text: string): Query {
  const query = { fields: ['@timestamp', '@message'], order: 'desc' as const, most: 10_000 };
  const conditions: Condition[] = [];
  let read: Omit<Query, 'isAskedFor'> = query;
  for (const command of splitCommands(text)) {
    const tokens = tokensOf(command);
    const name = tokens.shift();
    if (name === 'fields') read = { ...read, fields: tokens.filter((token) => token !== ',') };
    else if (name === 'filter') conditions.push(readCondition(tokens));
    else if (name === 'sort' && tokens[0] === '@timestamp' && isOrder(tokens[1])) {
      read = { ...read, order: tokens[1] };
    } else if (name === 'limit' && /^\d+$/.test(tokens[0] ?? '')) {
      read = { ...read, most: Number(tokens[0]) };
    } else throw malformed(`the local stage does not know “${command.trim()}”`);
  }
  return { ...read, isAskedFor: (event) => conditions.every((condition) => condition(event)) };
}

const isOrder = (word: string | undefined): word is 'asc' | 'desc' =>
  word === 'asc' || word === 'desc';

const malformed = (why: string) =>
  new AwsFault('MalformedQueryException', `Unexpected query: ${why}.`);

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[\w@.]+|[()[\],=|])/y;

/** At the bars that stand in no text. */
function splitCommands(text: string): string[] {
  const commands = [''];
  for (const piece of text.match(/"(?:[^"\\]|\\.)*"|\||[^"|]+/g) ?? []) {
    if (piece === '|') commands.push('');
    else commands[commands.length - 1] += piece;
  }
  return commands;
}

function tokensOf(command: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const text = command.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw malformed(`nothing is known to begin with “${text.slice(at)}”`);
    tokens.push(token);
  }
  return tokens;
}

/** Takes tokens off the front: `or` binds weaker than `and`. */
function readCondition(tokens: string[]): Condition {
  const condition = readOr(tokens);
  if (tokens.length > 0) throw malformed(`“${tokens.join(' ')}” was not expected`);
  return condition;
}

function readOr(tokens: string[]): Condition {
  const any = [readAnd(tokens)];
  while (takes(tokens, 'or')) any.push(readAnd(tokens));
  return (event) => any.some((condition) => condition(event));
}

function readAnd(tokens: string[]): Condition {
  const all = [readTerm(tokens)];
  while (takes(tokens, 'and')) all.push(readTerm(tokens));
  return (event) => all.every((condition) => condition(event));
}

function readTerm(tokens: string[]): Condition {
  if (takes(tokens, '(')) {
    const inner = readOr(tokens);
    demand(tokens, ')');
    return inner;
  }
  const field = tokens.shift() ?? '';
  if (takes(tokens, '=')) {
    const value = readText(tokens);
    return (event) => valueAt(event, field) === value;
  }
  demand(tokens, 'in');
  demand(tokens, '[');
  const values = new Set<string>();
  do values.add(readText(tokens));
  while (takes(tokens, ','));
  demand(tokens, ']');
  return (event) => values.has(valueAt(event, field) ?? '');
}

function takes(tokens: string[], token: string): boolean {
  if (tokens[0] !== token) return false;
  tokens.shift();
  return true;
}

function demand(tokens: string[], token: string): void {
  if (!takes(tokens, token))
    throw malformed(`“${token}” was expected before “${tokens.join(' ')}”`);
}

function readText(tokens: string[]): string {
  const token = tokens.shift() ?? '';
  if (!token.startsWith('"')) throw malformed(`“${token}” is no text in quotes`);
  return JSON.parse(token) as string;
}

/** Insights finds the fields of JSON by themselves, by their path. */
function valueAt({ json }: LogEvent, path: string): string | undefined {
  let value = json;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value === undefined || value === null ? undefined : String(value);
}
