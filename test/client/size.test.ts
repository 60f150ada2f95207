import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test.each([
  { entry: 'client', mostBytes: 5 * 1024 },
  { entry: 'account', mostBytes: 1536 },
  { entry: 'memory', mostBytes: 614 },
  { entry: 'doors', mostBytes: 819 },
  { entry: 'encryption', mostBytes: 1536 },
  { entry: 'react', mostBytes: 819 },
])(
  'client/$entry.ts is at most $mostBytes bytes, minified and compressed, and brings nobody else along',
  async ({ entry, mostBytes }) => {
    const { outputFiles, metafile } = await build({
      entryPoints: [`client/${entry}.ts`],
      bundle: true,
      minify: true,
      format: 'esm',
      external: ['react'],
      metafile: true,
      write: false,
    });
    expect(Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'))).toEqual(
      [],
    );
    const [output] = outputFiles;
    expect(gzipSync(output?.contents ?? '').byteLength).toBeLessThanOrEqual(mostBytes);
  },
);
