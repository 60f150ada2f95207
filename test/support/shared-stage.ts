import type { TestProject } from 'vitest/node';
import { startTestStage } from './stage.ts';

/** One stage for all journeys of a run. Its grace time is short: the tests wait for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { place, stop } = await startTestStage({
    settings: { 'switchboard:graceSeconds': 2 },
    withPage: true,
  });
  project.provide('place', place);
  return stop;
}
