import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import type { Place } from '../support/place.ts';
import { audit, isClean } from './auditor.ts';

/** `npm run audit`: holds a running stage to what is promised, and says what it found. */

const HELP = `Holds a running stage to its promises: rows, sockets, events, queues, logs.

  npm run audit [-- options]

  --from DIR  where the stage wrote its outputs.json, env and stage.json (.stage)
  --json      the findings as JSON
  --help      this text
`;

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: resolve(import.meta.dirname, '../../.stage') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function readPlace(folder: string): Place {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const { urls, directory } = JSON.parse(read('stage.json')) as Pick<Place, 'urls' | 'directory'>;
  const outputs = Object.assign({}, ...Object.values(JSON.parse(read('outputs.json'))));
  const lines = read('env').matchAll(/^export (\w+)='(.*)'$/gm);
  const environment = Object.fromEntries(
    [...lines].map(([, name = '', text = '']) => [name, text]),
  );
  return { urls, directory, outputs, environment, users: [] };
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  let findings: Awaited<ReturnType<typeof audit>>;
  try {
    findings = await audit(readPlace(resolve(values.from)));
  } catch (error) {
    console.error(
      `No stage answers at what stands in ${values.from}: npm start, or --from. (${error})`,
    );
    return 2;
  }
  if (values.json) console.log(JSON.stringify(findings));
  else {
    for (const { claim, checked, broken } of findings) {
      const mark = broken.length === 0 ? styleText('green', '✔') : styleText('red', '✘');
      console.log(`  ${mark} ${claim} ${styleText('dim', `(${checked})`)}`);
      for (const seen of broken) console.log(`      ${seen}`);
    }
  }
  return isClean(findings) ? 0 : 1;
}

process.exit(await main());
