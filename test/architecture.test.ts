import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Who may import whom. A place is the longest entry here that a file's path begins with; it may import
 * its own place and those named. Packages are named without version, `aws` for every AWS SDK.
 */
const places: Readonly<
  Record<string, { readonly ours: readonly string[]; readonly packages?: readonly string[] }>
> = {
  contract: { ours: [], packages: ['zod'] },
  rules: { ours: ['contract'], packages: ['zod'] },
  'lambdas/platform': {
    ours: ['contract', 'rules'],
    packages: ['aws', '@aws-lambda-powertools/metrics', 'aws-jwt-verify', 'zod'],
  },
  'lambdas/stores': { ours: ['contract', 'rules', 'lambdas/platform'], packages: ['aws'] },
  'lambdas/flows': { ours: ['contract', 'rules', 'lambdas/platform', 'lambdas/stores'] },
  lambdas: {
    ours: ['contract', 'rules', 'lambdas/platform', 'lambdas/stores', 'lambdas/flows'],
  },
  lib: {
    ours: ['contract'],
    packages: ['aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild', 'zod'],
  },
  // The example that users copy: only what is public, and the SDK.
  sample: {
    ours: ['contract', 'lib', 'lambdas/platform', 'lambdas/flows'],
    packages: ['aws', 'aws-cdk-lib', 'constructs', 'cdk-nag', 'zod'],
  },
  // Serves the page, to browsers of this machine: for a stage, and for an operator.
  console: { ours: [] },
  // What an operator asks, with credentials of their own.
  operator: { ours: ['console', 'contract', 'lambdas/platform'], packages: ['aws'] },
  // The operator's hand: asks what runs, and publishes as any function may.
  cli: {
    ours: ['console', 'contract', 'operator', 'lambdas/flows', 'lambdas/platform'],
    packages: ['aws'],
  },
  bin: {
    ours: ['cli', 'console', 'contract', 'operator', 'lib', 'sample', 'local'],
    packages: ['aws', 'aws-cdk-lib', 'constructs', 'cdk-nag', 'vite', 'esbuild'],
  },
  client: { ours: ['contract'] },
  'client/react.ts': { ours: ['client', 'contract'], packages: ['react'] },
  web: {
    ours: [
      ...['client', 'contract', 'sample/ephemera/operations.ts', 'sample/pet-store/operations.ts'],
      // By type only: it runs beside the page.
      'operator',
    ],
    packages: ['preact', '@preact/signals', 'uplot', 'vite'],
  },
  local: { ours: ['console'], packages: ['ws', 'aws-local-stepfunctions'] },
};

interface Import {
  readonly from: string;
  /** A path of ours, or a package. */
  readonly to: string;
}

const root = resolve(import.meta.dirname, '..');

function placeOf(path: string): string | undefined {
  return Object.keys(places)
    .filter((place) => path === place || path.startsWith(`${place}/`))
    .sort((a, b) => b.length - a.length)[0];
}

const packageOf = (specifier: string): string =>
  specifier.startsWith('@aws-sdk/') || specifier.startsWith('@smithy/')
    ? 'aws'
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');

function complaintAbout({ from, to }: Import): string | undefined {
  const place = placeOf(from);
  const allowed = place === undefined ? undefined : places[place];
  if (place === undefined || allowed === undefined) return `${from} stands in no known place`;
  if (!to.startsWith('./')) {
    if (to.startsWith('node:')) return undefined;
    return allowed.packages?.includes(packageOf(to))
      ? undefined
      : `${from} may not import the package ${to}`;
  }
  const target = to.slice(2);
  const isOwn = placeOf(target) === place;
  const isAllowed = allowed.ours.some(
    (other) => target === other || target.startsWith(`${other}/`),
  );
  return isOwn || isAllowed ? undefined : `${from} may not import ${target}`;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return ['node_modules', 'dist'].includes(entry.name) ? [] : sourcesBelow(path);
    return /\.(ts|tsx|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g,
  );
  return [...specifiers].map(([, a, b, c]) => {
    const specifier = a ?? b ?? c ?? '';
    const to = specifier.startsWith('.')
      ? `./${relative(root, resolve(root, dirname(file), specifier))}`
      : specifier;
    return { from: file, to };
  });
}

const files = [...new Set(Object.keys(places).map((place) => place.split('/')[0] ?? ''))]
  .flatMap(sourcesBelow)
  .sort();

describe('architecture', () => {
  it('imports point one way', () => {
    const complaints = files.flatMap(importsOf).map(complaintAbout).filter(Boolean);
    expect(complaints).toEqual([]);
  });

  it.each([
    { from: 'contract/tables.ts', to: './rules/fill.ts' },
    { from: 'rules/fill.ts', to: '@aws-sdk/client-dynamodb' },
    { from: 'lambdas/flows/depart.ts', to: './lambdas/routes/default.ts' },
    { from: 'lambdas/flows/depart.ts', to: '@aws-sdk/lib-dynamodb' },
    { from: 'lambdas/platform/log.ts', to: './lambdas/stores/topics.ts' },
    { from: 'lib/config.ts', to: './lambdas/routes/default.ts' },
    { from: 'local/stage.ts', to: './contract/tables.ts' },
    { from: 'client/client.ts', to: './rules/fill.ts' },
    { from: 'client/client.ts', to: 'react' },
    { from: 'lambdas/routes/default.ts', to: './test/support/engine.ts' },
    { from: 'elsewhere/file.ts', to: 'node:fs' },
  ])('a planted import is found: $from → $to', (planted) => {
    expect(complaintAbout(planted)).toContain(planted.from);
  });

  it('of what an operator asks the page has the types alone', () => {
    const importing =
      /import (?!type )[^;]*from '[./]*\/operator\/(executions|functions|invitations|logs|steps|place|aws|api|parked)\.ts'/;
    const values = files
      .filter((file) => file.startsWith('web/'))
      .filter((file) => importing.test(readFileSync(join(root, file), 'utf8')));
    expect(values).toEqual([]);
  });

  it('only the stores say DynamoDB commands, one file reads process.env, and one waits, in lambdas', () => {
    const lambdas = files.filter((file) => file.startsWith('lambdas/'));
    const saying = (pattern: RegExp) =>
      lambdas.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
    const commands = saying(/\b(Get|Put|Update|Delete|Query|Scan|Batch\w+|TransactWrite)Command\b/);
    expect(commands.filter((file) => !file.startsWith('lambdas/stores/'))).toEqual([
      'lambdas/platform/transact.ts',
    ]);
    expect(saying(/process\.env/)).toEqual(['lambdas/platform/environment.ts']);
    expect(saying(/timers\/promises/)).toEqual(['lambdas/platform/clock.ts']);
  });

  it('no file is longer than 250 lines unless docs/DECISIONS.md says why', () => {
    const decisions = readFileSync(join(root, 'docs/DECISIONS.md'), 'utf8');
    const long = files.filter((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n').length;
      return lines > 250 && !decisions.includes(`\`${file}\` is longer than 250 lines`);
    });
    expect(long).toEqual([]);
  });
});
