import { vi } from 'vitest';
import { readEmbedded } from '../../local/cloudwatch/embedded-metrics.ts';

/** What is written to the log as metrics from now on, in a deployment of that name. Ends with `vi.restoreAllMocks`. */
export function listenToMetrics(deployment = 'here') {
  const lines: string[] = [];
  vi.stubEnv('DEPLOYMENT_NAME', deployment);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    if (String(text).startsWith('{"_aws":')) lines.push(String(text));
    return true;
  });
  const read = () => lines.flatMap((line) => readEmbedded(line));
  return {
    lines,
    read,
    valuesOf: (metric: string) =>
      read()
        .filter(({ name }) => name === metric)
        .flatMap(({ values }) => values),
  };
}
