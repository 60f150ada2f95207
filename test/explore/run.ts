import { parseArgs } from 'node:util';
import { explore, report } from './explore.ts';
import { faults } from './faults.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    fault: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const plant = values.fault === undefined ? {} : faults[values.fault];
if (plant === undefined) {
  const names = Object.keys(faults).join(', ');
  console.error(`There is no fault "${values.fault}". Take one of: ${names}.`);
  process.exit(2);
}

// The flows' own log.
console.info = () => {};
console.error = () => {};
const started = performance.now();
const { finding, played, met } = await explore({
  seed: Number(values.seed),
  schedules: values.replay === undefined ? Number(values.schedules) : 1,
  ...(values.replay !== undefined && { first: Number(values.replay) }),
  plant,
});
const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
if (values.json) {
  console.log(
    JSON.stringify({
      seed: Number(values.seed),
      played,
      met: Object.fromEntries(met),
      finding: finding ?? null,
    }),
  );
} else {
  console.log(finding ? report(finding, values.fault) : 'Every promise held.');
  for (const [happening, times] of met) console.log(`  ${happening}: in ${times}`);
  console.log(`${played} schedules of seed ${values.seed} in ${took}.`);
}
process.exitCode = finding ? 1 : 0;
