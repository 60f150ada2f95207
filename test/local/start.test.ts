import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOptions } from '../../bin/start/options.ts';
import { synthesize } from '../../bin/start/synthesize.ts';
import { buildPage } from '../../console/build-page.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'start-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const never = new AbortController().signal;

describe('the command line', () => {
  it('has defaults', () => {
    expect(readOptions([])).toEqual({ port: 8787, settings: {}, json: false, help: false });
  });

  it('takes every option', () => {
    const args = ['--port', '9000', '--data', 'kept', '--into', 'told', '--json', '--help'];
    const sets = ['--set', 'door=ticket', '--set', 'topics=a/*,b=c'];
    expect(readOptions([...args, ...sets])).toEqual({
      port: 9000,
      dataDirectory: 'kept',
      handoutDirectory: 'told',
      settings: { 'switchboard:door': 'ticket', 'switchboard:topics': 'a/*,b=c' },
      json: true,
      help: true,
    });
  });

  it.each([
    [['--prot', '1'], `Unknown option '--prot': "npm start -- --help" lists what there is.`],
    [['--set', 'door'], '--set takes NAME=VALUE, as door=ticket, not "door".'],
    [['--port', 'x'], '--port takes a whole number from 0 to 65500, not "x".'],
    [['--port', '65530'], '--port takes a whole number from 0 to 65500, not "65530".'],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(() => readOptions(args)).toThrow(new Error(sentence));
  });
});

describe('synthesize', () => {
  const app = (source: string) => {
    writeFileSync(join(directory, 'app.mjs'), source);
    writeFileSync(
      join(directory, 'cdk.json'),
      JSON.stringify({ app: 'node app.mjs', context: { door: 'message' } }),
    );
    return synthesize(directory, join(directory, 'cdk.out'), never);
  };

  it('runs the app of cdk.json with its context and the output folder', async () => {
    await app(`
      import { mkdirSync, writeFileSync } from 'node:fs';
      const { CDK_OUTDIR, CDK_CONTEXT_JSON } = process.env;
      mkdirSync(CDK_OUTDIR);
      writeFileSync(CDK_OUTDIR + '/manifest.json', '{}');
      writeFileSync('seen.json', JSON.stringify({ CDK_OUTDIR, context: JSON.parse(CDK_CONTEXT_JSON) }));
    `);
    expect(JSON.parse(readFileSync(join(directory, 'seen.json'), 'utf8'))).toEqual({
      CDK_OUTDIR: join(directory, 'cdk.out'),
      context: { door: 'message', 'aws:cdk:enable-path-metadata': true },
    });
  });

  it("passes on the app's own sentence, without its stack", async () => {
    await expect(app('throw new Error("door must be message or none.");')).rejects.toThrow(
      new Error('The CDK app does not synthesize: door must be message or none.'),
    );
  });
});

describe('the page', () => {
  it('is not built again while it is newer than its sources', async () => {
    mkdirSync(join(directory, 'web/dist'), { recursive: true });
    writeFileSync(join(directory, 'web/main.ts'), '');
    writeFileSync(join(directory, 'web/dist/index.html'), '');
    utimesSync(join(directory, 'web/main.ts'), 1, 1);
    expect(await buildPage(directory, never)).toBe('built before');
  });

  it('says why it does not build', async () => {
    mkdirSync(join(directory, 'web'));
    writeFileSync(join(directory, 'web/main.ts'), '');
    await expect(buildPage(directory, never)).rejects.toThrow(/^The page does not build: .*vite/s);
  });
});
