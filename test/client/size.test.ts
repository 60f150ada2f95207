import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const MOST_BYTES = 5 * 1024;

test('the client is at most 5 KB, minified and compressed, and brings nobody else along', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ['client/client.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    metafile: true,
    write: false,
  });
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'))).toEqual([]);
  const [output] = outputFiles;
  expect(gzipSync(output?.contents ?? '').byteLength).toBeLessThanOrEqual(MOST_BYTES);
});
