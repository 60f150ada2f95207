/** When a schedule expression of EventBridge is next due; times in ms since the epoch, UTC. */
export interface Schedule {
  /** The first time after `now`; undefined when there is none any more. */
  next(now: number): number | undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Reads `rate(…)` and `cron(…)`. Throws a sentence for an expression that AWS refuses. */
export function parseSchedule(expression: string): Schedule {
  const [, kind, inner = ''] = /^(rate|cron)\((.+)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return parseRate(inner, expression);
  if (kind === 'cron') return parseCron(inner, expression);
  throw invalid(expression, 'it is neither rate(…) nor cron(…)');
}

function parseRate(inner: string, expression: string): Schedule {
  const [, count = '', unit = '', plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(inner) ?? [];
  const every = Number(count) * (UNITS_MS[unit] ?? 0);
  if (every === 0) throw invalid(expression, 'a rate is a whole number and minutes, hours or days');
  if ((count === '1') === (plural === 's')) {
    throw invalid(expression, 'the unit is singular for 1 and plural for more');
  }
  return { next: (now) => now + every };
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const DAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');
const LAST_YEAR = 2199;

/** `cron(minutes hours day-of-month month day-of-week year)`, of whose two days one is `?`. */
function parseCron(inner: string, expression: string): Schedule {
  const fields = inner.trim().split(/\s+/);
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6) throw invalid(expression, 'a cron expression has six fields');
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw invalid(expression, 'one of day-of-month and day-of-week is ?, and only one');
  }
  const part = (text: string, least: number, most: number, names: readonly string[] = []) => {
    const values = valuesOf(text, { least, most, names });
    if (values === undefined) throw invalid(expression, `"${text}" is not understood`);
    return values;
  };
  const inMinutes = part(minutes, 0, 59);
  const inHours = part(hours, 0, 23);
  const inMonths = part(month, 1, 12, MONTHS);
  const inYears = part(year, 1970, LAST_YEAR);
  const isDay =
    dayOfWeek === '?'
      ? (dayOfMonthRule(dayOfMonth) ?? memberOf(part(dayOfMonth, 1, 31), (day) => day.getUTCDate()))
      : (dayOfWeekRule(dayOfWeek) ??
        memberOf(part(dayOfWeek, 1, 7, DAYS), (day) => day.getUTCDay() + 1));

  const next = (now: number) => {
    const day = new Date(now);
    day.setUTCHours(0, 0, 0, 0);
    for (; day.getUTCFullYear() <= LAST_YEAR; day.setUTCDate(day.getUTCDate() + 1)) {
      if (!inYears.has(day.getUTCFullYear()) || !inMonths.has(day.getUTCMonth() + 1)) continue;
      if (!isDay(day)) continue;
      for (const hour of inHours) {
        for (const minute of inMinutes) {
          const time = day.getTime() + hour * 3_600_000 + minute * 60_000;
          if (time > now) return time;
        }
      }
    }
    return undefined;
  };
  return { next };
}

type IsDay = (day: Date) => boolean;

const memberOf = (values: ReadonlySet<number>, read: (day: Date) => number): IsDay => {
  return (day) => values.has(read(day));
};

/** `L`: the month's last day. `15W`: the weekday nearest to the 15th, within the month. */
function dayOfMonthRule(text: string): IsDay | undefined {
  if (text === 'L') return (day) => day.getUTCDate() === daysInMonth(day);
  const [, wanted] = /^(\d{1,2})W$/.exec(text) ?? [];
  if (wanted === undefined) return undefined;
  return (day) => day.getUTCDate() === nearestWeekday(day, Number(wanted));
}

/** `6L`: the month's last Friday. `6#3`: its third. */
function dayOfWeekRule(text: string): IsDay | undefined {
  const [, name = '', rule] = /^(\d|[A-Z]{3})(L|#[1-5])$/.exec(text) ?? [];
  if (rule === undefined) return undefined;
  const weekday = DAYS.includes(name) ? DAYS.indexOf(name) : Number(name) - 1;
  return (day) => {
    if (day.getUTCDay() !== weekday) return false;
    const date = day.getUTCDate();
    return rule === 'L'
      ? date + 7 > daysInMonth(day)
      : Math.ceil(date / 7) === Number(rule.slice(1));
  };
}

function daysInMonth(day: Date): number {
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

function nearestWeekday(day: Date, date: number): number {
  const last = daysInMonth(day);
  const wanted = Math.min(date, last);
  const weekday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), wanted)).getUTCDay();
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 0) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

/** The values, in order, of `*`, `a`, `a-b`, `a/step`, and lists of these; undefined when it is none of them. */
function valuesOf(text: string, { least, most, names }: Range): ReadonlySet<number> | undefined {
  const read = (word: string) => {
    const named = names.indexOf(word);
    return named >= 0 ? named + least : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  const values: number[] = [];
  for (const piece of text.split(',')) {
    const [range = '', step = '1', ...more] = piece.split('/');
    const [from = '', to] = range === '*' ? [String(least), String(most)] : range.split('-');
    const first = read(from);
    const last = to !== undefined ? read(to) : piece.includes('/') ? most : first;
    const width = /^[1-9]\d*$/.test(step) ? Number(step) : Number.NaN;
    // The negations are false for NaN too, so that a word that was not read is refused here.
    if (more.length > 0 || !(first >= least && last <= most && first <= last && width > 0)) {
      return undefined;
    }
    for (let value = first; value <= last; value += width) values.push(value);
  }
  return new Set(values.sort((one, other) => one - other));
}

const invalid = (expression: string, why: string) =>
  new Error(`Schedule "${expression}" is not valid: ${why}.`);
