import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from './service.ts';

/**
 * Writes what other programs need to find the stage: `outputs.json` in the shape of
 * `cdk deploy --outputs-file`, and `env`, to be read by a shell (`. .stage/env`).
 */
export function writeHandout(
  directory: string,
  outputs: Assembly['outputs'],
  environment: Readonly<Record<string, string>>,
): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'outputs.json'), `${JSON.stringify(outputs, null, 2)}\n`);
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
  // What a shell may have from elsewhere, and what would win over the operator's key.
  lines.unshift('unset AWS_PROFILE AWS_SESSION_TOKEN\n');
  // It holds the operator's key: for its owner only.
  writeFileSync(join(directory, 'env'), lines.join(''), { mode: 0o600 });
}
