import type { TestProject } from 'vitest/node';
import { findSecrets } from './find-secrets.ts';
import { findSecretShapes, readLogs } from './secret-shapes.ts';
import { startTestStage } from './stage.ts';

/**
 * One stage for all journeys of a run. Its grace time is short: the tests wait for it. When all of them are
 * over, no function may have logged a password, a token or a code.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { place, stop } = await startTestStage({
    settings: { 'switchboard:graceSeconds': 2 },
    withPage: true,
  });
  project.provide('place', place);
  return async () => {
    const logs = readLogs(place);
    await stop();
    const passwords = Object.fromEntries(place.users.map(({ name, password }) => [name, password]));
    const found = [...findSecretShapes(logs), ...findSecrets(logs, passwords)];
    if (found.length > 0) throw new Error(`Secrets in the logs: ${found.join(', ')}.`);
  };
}
