import { DEFAULT_OUTPUTS } from '../operator/place.ts';
import { everyCommand } from './commands.ts';

const lines = everyCommand.map(([name, { usage, says }]) => ({ left: `${name} ${usage}`, says }));

export const HELP = `Looks after a Switchboard: the stage, or a deployment.

  npm run --silent switchboard -- COMMAND

${lines.map(({ left, says }) => `  ${left.trim()}\n      ${says}`).join('\n')}

Of every command:

  --outputs FILE  which Switchboard: what "cdk deploy --outputs-file" wrote (${DEFAULT_OUTPUTS})
  --json          for programs: one JSON value, or of tail one a line
  --help          this text

Exit codes: 0 done and well, 1 refused, failed or found something wrong, 2 not understood.
`;
