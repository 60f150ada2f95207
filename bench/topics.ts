import { keysOf } from '../lib/records.ts';
import { startEngine } from '../test/support/engine.ts';
import type { Figure, Report } from './figures.ts';
import { findings } from './finding.ts';
import { putCrowd } from './units/crowd.ts';
import { openMeter } from './units/meter.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const SIZES = [10, 1_000, 10_000, 100_000];

/** What it takes to find the recipients of one publish, by the number of subscribers. */
export async function topics(): Promise<Report> {
  process.env.EPOCH = '0';
  const engine = await startEngine();
  try {
    const figures: Figure[] = [];
    for (const size of SIZES) {
      const unmetered = await engine.createTables({ hasStreams: false });
      const crowd = { name: `crowd${size}`, size, topic: 'crowded' };
      console.error(`${size} clients …`);
      await putCrowd(unmetered, crowd.name, size, [crowd.topic], NOW);
      const meter = openMeter(unmetered.documents);
      const reach = { ...unmetered, documents: meter.documents };
      await findings.ours.find(reach, crowd, NOW); // Now it knows the way.
      for (const name of keysOf(findings)) {
        let tookMs = 0;
        const { reads } = await meter.measure(async () => {
          const began = performance.now();
          const found = await findings[name].find(reach, crowd, NOW);
          tookMs = performance.now() - began;
          if (found !== size) throw new Error(`${name} found ${found} of ${size}.`);
        });
        figures.push(
          { of: `${size}-${name}`, name: 'readUnits', value: reads },
          { of: `${size}-${name}`, name: 'ms', value: tookMs },
        );
      }
    }
    return { figures, notes: keysOf(findings).map((name) => `${name}: ${findings[name].says}`) };
  } finally {
    await engine.stop();
  }
}
