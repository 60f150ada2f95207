import { keysOf } from '../../lib/records.ts';
import { startEngine } from '../../test/support/engine.ts';
import { type FindingName, findings } from '../finding.ts';
import { putCrowd } from '../units/crowd.ts';
import { sumOf, type Units } from '../units/meter.ts';
import { measureLife, measurePublish, NOW, of, openWorkload } from '../units/workload.ts';

/** What DynamoDB is asked for, as the local engine counted it. */
export interface Counted {
  /** One publish with its stamping, but for finding its recipients. */
  readonly publish: Units;
  /** A drop and return, and the session check after it. */
  readonly returning: Units;
  /** Read units to find one recipient; of the scan, to look at one client. */
  readonly finding: Readonly<Record<FindingName, number>>;
}

/** A crowd large enough that what every publish costs anyway does not show. */
const CROWD = { name: 'crowd', size: 1000, topic: 'crowded' };

export async function countUnits(): Promise<Counted> {
  console.info = () => {}; // the flows' own log
  process.env.EPOCH = '0';
  const engine = await startEngine();
  try {
    const { unmetered, meter, reach } = await openWorkload(engine);
    const life = await measureLife(meter, reach);
    const publish = await measurePublish(meter, reach, 'nobody');
    await putCrowd(unmetered, CROWD.name, CROWD.size, [CROWD.topic], NOW);
    await findings.ours.find(unmetered, CROWD, NOW); // Now it knows the way.
    const finding: Partial<Record<FindingName, number>> = {};
    for (const name of keysOf(findings)) {
      const { reads } = await meter.measure(() => findings[name].find(reach, CROWD, NOW));
      finding[name] = reads / CROWD.size;
    }
    return {
      publish,
      returning: sumOf(of(life, 'dropAndReturn'), of(life, 'checkOfOneThatIsBack')),
      finding: finding as Counted['finding'],
    };
  } finally {
    await engine.stop();
  }
}
