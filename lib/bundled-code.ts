import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Mistake } from './mistake.ts';

export const PROJECT_FOLDER = join(import.meta.dirname, '..');
export const BUNDLES_FOLDER = join(PROJECT_FOLDER, 'dist', 'functions');

/**
 * What `bundle` made of one entry (`lambdas/routes/connect`), as it is uploaded: constructs only pick
 * it up, so that they need no bundler where the bundles are published with them.
 */
export function bundledCode(entry: string): Code {
  const folder = join(BUNDLES_FOLDER, entry);
  if (!existsSync(join(folder, 'index.mjs'))) {
    throw new Mistake(
      `${entry}.ts has not been bundled: name it in the call of bundle() that comes before the stacks.`,
    );
  }
  return Code.fromAsset(folder);
}
