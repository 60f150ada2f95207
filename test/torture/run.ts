import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { openEyes } from '../audit/evidence.ts';
import type { Place } from '../support/place.ts';
import { startTestStage } from '../support/stage.ts';
import { freePortsInARow, startStageProcess } from '../support/stage-process.ts';
import { cases } from './cases.ts';
import { killUnderLoad } from './kill.ts';
import { mixed } from './mixed.ts';
import { type Part, pageOf } from './report.ts';
import { countTold } from './told.ts';
import { newTally, runCase } from './torture.ts';

/** `npm run torture`: every case, the kill of the whole stage, and everything at once. */

const HELP = `Tortures a stage of its own, and holds it to its promises.

  npm run torture [-- options]

  --part NAME     cases, kill or mixed, and nothing else
  --only WORDS    the cases whose name matches this pattern, and nothing else
  --seed N        of everything that is drawn (1)
  --share X       of what cases repeat (1; npm test has 0.05)
  --sockets N     of the mixed run (300)
  --seconds N     of the mixed run (180); 0 leaves it out
  --write         keeps what came of a whole run in docs/TORTURE.md
  --help          this text
`;

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    share: { type: 'string', default: '1' },
    sockets: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '180' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [seed, share, sockets, seconds] = [
  values.seed,
  values.share,
  values.sockets,
  values.seconds,
].map(Number) as [number, number, number, number];
const only = new RegExp(values.only ?? '');
const parts: Part[] = [];
let failed = 0;

async function attempt(name: string, run: () => Promise<void>): Promise<void> {
  const began = performance.now();
  try {
    await run();
    const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    console.log(`  ${styleText('green', '✔')} ${took.padStart(8)}  ${name}`);
  } catch (error) {
    failed += 1;
    const words = error instanceof Error ? error.stack : error;
    console.log(`  ${styleText('red', '✘')} ${name}\n${words}`);
  }
}

async function toldBy(place: Place) {
  const eyes = openEyes(place);
  const told = countTold(await eyes.look());
  eyes.close();
  return told;
}

async function everyCase(): Promise<void> {
  const tally = newTally();
  const { place, stop } = await startTestStage({ settings: { 'switchboard:graceSeconds': 2 } });
  for (const one of cases.filter(({ name }) => only.test(name))) {
    await attempt(one.name, () => runCase(one, { place, seed, share, tally }));
  }
  parts.push({ name: 'the cases', tally, told: await toldBy(place) });
  await stop();
}

async function kill(): Promise<void> {
  const tally = newTally();
  await attempt('kill -9 of the whole stage under load', () => killUnderLoad(tally));
  parts.push({ name: 'kill -9', tally, told: undefined });
}

/** The stage in a process of its own: the other core is for those who torture it. */
async function everythingAtOnce(): Promise<void> {
  const tally = newTally();
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-torture-'));
  const stage = await startStageProcess({
    port: await freePortsInARow(4),
    dataDirectory: join(folder, 'kept'),
    handoutDirectory: join(folder, 'told'),
  });
  const { place } = stage;
  const one = mixed({ sockets, topics: 20, seconds });
  await attempt(one.name, () => runCase(one, { place, seed, share, tally }));
  parts.push({ name: `${sockets} sockets, ${seconds} s`, tally, told: await toldBy(place) });
  await stage.stop();
  rmSync(folder, { recursive: true, force: true });
}

function writePage(minutes: number): void {
  const file = resolve(import.meta.dirname, '../../docs/TORTURE.md');
  const page = pageOf({ seed, minutes, parts, cases: cases.map(({ name }) => name) });
  const [before, after] = [/^[\s\S]*<!-- run:begin -->\n/, /<!-- run:end -->[\s\S]*$/].map(
    (part) => part.exec(readFileSync(file, 'utf8'))?.[0] ?? '',
  );
  writeFileSync(file, `${before}${page}\n${after}`);
}

if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const began = performance.now();
const part = values.part ?? (values.only === undefined ? undefined : 'cases');
const isWhole = part === undefined;
if (isWhole || part === 'cases') await everyCase();
if (isWhole || part === 'kill') await kill();
if ((isWhole || part === 'mixed') && seconds > 0) await everythingAtOnce();
for (const { name, tally, told } of parts) console.log(name, tally, told ?? '');
if (values.write && isWhole && failed === 0)
  writePage(Math.round((performance.now() - began) / 60_000));
process.exit(failed > 0 ? 1 : 0);
