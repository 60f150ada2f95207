import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly port: number;
  readonly dataDirectory?: string;
  readonly handoutDirectory?: string;
  readonly json: boolean;
  readonly help: boolean;
}

export const HELP = `Runs Switchboard on this machine: the same template as "cdk deploy", on local engines.

  npm start [-- options]

  --port N    the console's port; the APIs and the AWS endpoint have the next ones (8787)
  --data DIR  keep everything in DIR from one start to the next (nothing is kept)
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
  const { data: dataDirectory, into: handoutDirectory, json, help } = values;
  return { port, dataDirectory, handoutDirectory, json, help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8787' },
        data: { type: 'string' },
        into: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    const [said] = String(cause instanceof Error ? cause.message : cause).split('. ');
    throw new Error(`${said}: "npm start -- --help" lists what there is.`);
  }
}
