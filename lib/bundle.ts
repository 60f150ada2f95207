import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type OutputFile } from 'esbuild';
import { BUNDLES_FOLDER, PROJECT_FOLDER } from './bundled-code.ts';
import { environmentCredentials } from './environment-credentials.ts';
import { Mistake } from './mistake.ts';
import { nativeBuiltins } from './native-builtins.ts';

const settings: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // The ES modules of the AWS SDK shake to half of what its CommonJS does: 9 ms of each cold start.
  mainFields: ['module', 'main'],
  // Identifiers stay, so that a stack trace in a log names functions without a source map, whose
  // reading every cold start would pay for. They cost 37 KB of upload and no time to load.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

const everyPlugin = [nativeBuiltins, environmentCredentials];

/**
 * Bundles entries (`lambdas/routes/connect`, no suffix) into `{target}/{entry}/index.mjs`, each with all
 * that it needs and the AWS SDK inside. The same sources give the same bytes, and bytes that did not
 * change are not written: asset hashes are stable, and builds at the same time do not meet.
 *
 * Answers the size of each in bytes. Throws a {@link Mistake} for an entry that is not there.
 */
export async function bundle(
  entries: readonly string[],
  { source = PROJECT_FOLDER, target = BUNDLES_FOLDER, plugins = everyPlugin } = {},
): Promise<ReadonlyMap<string, number>> {
  const missing = entries
    .map((entry) => `${entry}.ts`)
    .filter((file) => !existsSync(join(source, file)));
  if (missing.length > 0) {
    throw new Mistake(`${missing.join(', ')}: declared as the code of a function, but not there.`);
  }
  const { outputFiles = [] } = await build({
    ...settings,
    plugins,
    absWorkingDir: source,
    entryPoints: entries.map((entry) => ({ in: `${entry}.ts`, out: `${entry}/index` })),
    outdir: target,
    write: false,
  }).catch(() => {
    throw new Mistake('The functions could not be bundled, for the reasons above.');
  });
  await Promise.all(outputFiles.map(writeIfChanged));
  return new Map(
    outputFiles.map(({ path, contents }) => [relative(target, dirname(path)), contents.length]),
  );
}

/** Moved into place whole: whoever hashes the folder meanwhile sees the old bytes or the new ones. */
async function writeIfChanged({ path, contents }: OutputFile): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  if (before?.equals(contents)) return;
  const folder = dirname(path);
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await writeFile(draft, contents);
  await rename(draft, path);
}
