import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly port: number;
  readonly dataDirectory?: string;
  readonly handoutDirectory?: string;
  /** Settings of the app, as `cdk deploy -c` takes them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly json: boolean;
  readonly help: boolean;
}

export const HELP = `Runs Switchboard on this machine: the same template as "cdk deploy", on local engines.

  npm start [-- options]

  --port N    the console's port; the APIs and the AWS endpoint have the next ones (8787)
  --data DIR  keep everything in DIR from one start to the next (nothing is kept)
  --set N=V   a setting of the app, as "cdk deploy -c switchboard:N=V"; may be given several times
  --into DIR  where outputs.json and env are written; another one for a second stage (.stage)
  --json      one JSON object a line, for programs; {"ready": …} or {"error": …} ends the start
  --help      this text

Writes .stage/outputs.json, in the shape of "cdk deploy --outputs-file", and .stage/env, which points
any AWS SDK and the AWS CLI at the stage; .stage/stage.json says where it is, for "npm run audit".
Ctrl-C stops everything.
`;

/** The highest port that leaves room for those that follow. */
const HIGHEST_PORT = 65_500;

/** Reads the command line. Throws a sentence for what it does not understand. */
export function readOptions(args: readonly string[]): StartOptions {
  const { values } = parse(args);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) {
    throw new Error(`--port takes a whole number from 0 to ${HIGHEST_PORT}, not "${values.port}".`);
  }
  const { data: dataDirectory, into: handoutDirectory, set, json, help } = values;
  return { port, dataDirectory, handoutDirectory, settings: readSettings(set), json, help };
}

function readSettings(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((pair) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw new Error(`--set takes NAME=VALUE, as door=ticket, not "${pair}".`);
      }
      return [`switchboard:${name}`, value];
    }),
  );
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8787' },
        data: { type: 'string' },
        into: { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    const [said] = String(cause instanceof Error ? cause.message : cause).split('. ');
    throw new Error(`${said}: "npm start -- --help" lists what there is.`);
  }
}
