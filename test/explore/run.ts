import { parseArgs } from 'node:util';
import { explore, report } from './explore.ts';
import { type FaultName, faultNames, faults } from './faults.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    fault: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const isFault = (name: string): name is FaultName => (faultNames as string[]).includes(name);
const fault = values.fault;
if (fault !== undefined && !isFault(fault)) {
  console.error(`There is no fault "${fault}". Take one of: ${faultNames.join(', ')}.`);
  process.exit(2);
}

console.info = () => {}; // the flows' own log
const started = performance.now();
const { finding, played } = await explore({
  seed: Number(values.seed),
  schedules: values.replay === undefined ? Number(values.schedules) : 1,
  ...(values.replay !== undefined && { first: Number(values.replay) }),
  ...(fault && { plant: faults[fault].plant }),
});
const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
if (values.json) {
  console.log(JSON.stringify({ seed: Number(values.seed), played, finding: finding ?? null }));
} else {
  console.log(finding ? report(finding, fault) : 'Every promise held.');
  console.log(`${played} schedules of seed ${values.seed} in ${took}.`);
}
process.exitCode = finding ? 1 : 0;
