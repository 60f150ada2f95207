import { Mistake } from './mistake.ts';

/** One thing an operator may choose. */
export interface Setting<Value> {
  readonly fallback: Value;
  /** Ends the sentence "It must be …". */
  readonly allowed: string;
  /** Undefined when the value is not allowed. On the command line every value is text. */
  read(given: unknown): Value | undefined;
}

export type Settings<Values> = { readonly [Name in keyof Values]: Setting<Values[Name]> };
export type Context = Readonly<Record<string, unknown>>;

const PREFIX = 'switchboard:';

/**
 * Reads every setting from the CDK context. Throws a {@link Mistake} that names key, value and what is
 * allowed; also for a key under our prefix that is none of them.
 */
export function readSettings<Values>(context: Context, settings: Settings<Values>): Values {
  const names = Object.keys(settings);
  const stranger = Object.keys(context).find(
    (key) => key.startsWith(PREFIX) && !names.includes(key.slice(PREFIX.length)),
  );
  if (stranger !== undefined) {
    throw new Mistake(`${stranger} is not a setting: there are ${names.join(', ')}.`);
  }
  const values = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => [
    name,
    readSetting(context, name, setting),
  ]);
  return Object.fromEntries(values) as Values;
}

export function readSetting<Value>(context: Context, name: string, setting: Setting<Value>): Value {
  const given = context[PREFIX + name];
  if (given === undefined) return setting.fallback;
  const value = setting.read(given);
  if (value === undefined) {
    throw new Mistake(
      `${PREFIX}${name} is ${JSON.stringify(given)}: it must be ${setting.allowed}.`,
    );
  }
  return value;
}

export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  fallback: NoInfer<Choice>,
): Setting<Choice> {
  return {
    fallback,
    allowed: choices.join(' or '),
    read: (given) => choices.find((choice) => choice === given),
  };
}

export function wholeNumber(least: number, most: number, fallback: number): Setting<number> {
  return {
    fallback,
    allowed: `a whole number from ${least} to ${most}`,
    read: (given) => {
      const isNumeral = /^\d{1,9}$/.test(String(given));
      const value = Number(given);
      return isNumeral && value >= least && value <= most ? value : undefined;
    },
  };
}

export function matching(pattern: RegExp, allowed: string, fallback: string): Setting<string> {
  return {
    fallback,
    allowed,
    read: (given) => (pattern.test(String(given)) ? String(given) : undefined),
  };
}

export function trueOrFalse(fallback: boolean): Setting<boolean> {
  return {
    fallback,
    allowed: 'true or false',
    read: (given) => [true, false].find((choice) => String(choice) === String(given)),
  };
}
