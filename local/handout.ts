import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from './service.ts';

interface Handout {
  readonly outputs: Assembly['outputs'];
  readonly environment: Readonly<Record<string, string>>;
  readonly urls: Readonly<Record<string, string>>;
  /** Where the stage keeps its files. */
  readonly directory: string;
}

/**
 * Writes what other programs need to find the stage: `outputs.json` in the shape of
 * `cdk deploy --outputs-file`, `env`, to be read by a shell (`. .stage/env`), and `stage.json`: its URLs
 * and its folder.
 */
export function writeHandout(
  into: string,
  { outputs, environment, urls, directory }: Handout,
): void {
  mkdirSync(into, { recursive: true });
  const write = (name: string, facts: object) =>
    writeFileSync(join(into, name), `${JSON.stringify(facts, null, 2)}\n`);
  write('outputs.json', outputs);
  write('stage.json', { urls, directory });
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
  // What a shell may have from elsewhere, and what would win over the operator's key.
  lines.unshift('unset AWS_PROFILE AWS_SESSION_TOKEN\n');
  // It holds the operator's key: for its owner only.
  writeFileSync(join(into, 'env'), lines.join(''), { mode: 0o600 });
}
