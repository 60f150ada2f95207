import { parseArgs } from 'node:util';

/** What is to be paid for: so many clients, always connected. */
export interface Asked {
  readonly clients: number;
  /** Recipients of one publish. */
  readonly fanout: number;
  /** A client gets so many messages a minute. */
  readonly deliveriesAMinute: number;
  readonly bytes: number;
  /** A client drops and returns so often. */
  readonly reconnectMinutes: number;
  readonly json: boolean;
}

export const HELP = `npm run cost -- [--clients N] [--fanout N] [options]

What a million deliveries cost in dollars, and a month of them, here and elsewhere. Request units are
counted by the local engine while it runs; prices are lists (bench/prices.ts says of when).

  --clients N     clients that are always connected (10000)
  --fanout N      recipients of one publish, at most all clients (1000)
  --per-minute N  messages that a client gets a minute (1)
  --bytes N       of one message's frame (500)
  --reconnect N   minutes from one drop and return of a client to its next (110)
  --json          {"asked": …, "ways": {…}} for programs
  --help          this text
`;

/** Reads the command line; undefined when it asks for help. Throws a sentence for what it does not understand. */
export function readAsked(args: readonly string[]): Asked | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clients: { type: 'string', default: '10000' },
      fanout: { type: 'string', default: '1000' },
      'per-minute': { type: 'string', default: '1' },
      bytes: { type: 'string', default: '500' },
      reconnect: { type: 'string', default: '110' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (option: keyof typeof values, least: number, most: number): number => {
    const value = Number(values[option]);
    if (value >= least && value <= most) return value;
    throw new Error(
      `--${option} takes a number from ${least} to ${most}, not "${values[option]}".`,
    );
  };
  const clients = number('clients', 1, 1e8);
  return {
    clients,
    fanout: number('fanout', 1, clients),
    deliveriesAMinute: number('per-minute', 1e-6, 1e4),
    bytes: number('bytes', 1, 350 * 1024),
    reconnectMinutes: number('reconnect', 1, 120),
    json: values.json,
  };
}
