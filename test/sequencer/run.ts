import { parseArgs } from 'node:util';
import { explore } from './explore.ts';
import { faults } from './faults.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '300' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    /** Only this one. */
    schedule: { type: 'string' },
    /** With this mistake planted. */
    fault: { type: 'string' },
  },
});

process.env.EPOCH = '';
// What the flows log belongs to nobody here; what is broken comes with its trace.
console.info = () => undefined;
console.error = () => undefined;

const fault = values.fault === undefined ? undefined : faults[values.fault];
if (values.fault !== undefined && fault === undefined) {
  process.stdout.write(`The faults are: ${Object.keys(faults).join(' · ')}\n`);
  process.exit(2);
}
const seed = Number(values.seed);
const only = values.schedule === undefined ? {} : { from: Number(values.schedule) };
const schedules = values.schedule === undefined ? Number(values.schedules) : 1;
const began = performance.now();
const { played, tally, failure } = await explore({
  seed,
  schedules,
  ...only,
  ...(fault && { plant: fault.plant }),
});
const took = ((performance.now() - began) / 1000).toFixed(1);
const counts = [...tally].map(([what, count]) => `${what} ${count}`).sort();
process.stdout.write(`${played} schedules of seed ${seed} in ${took} s: ${counts.join(', ')}\n`);
if (failure) {
  const planted = fault ? ` --fault '${values.fault}'` : '';
  process.stdout.write(`${failure.text}${planted}\n`);
  process.exitCode = 1;
}
