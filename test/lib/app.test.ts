import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cdkContext } from './templates.ts';

let output: string;
beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'switchboard-app-'));
});
afterAll(() => rm(output, { recursive: true }));

/** Runs the app as the CDK's command line does. */
async function runApp(choices: Readonly<Record<string, unknown>>, validation: boolean) {
  const chosen = Object.entries(choices).map(([name, value]) => [`switchboard:${name}`, value]);
  const CDK_CONTEXT_JSON = JSON.stringify({ ...cdkContext, ...Object.fromEntries(chosen) });
  const { CDK_VALIDATION: _, ...environment } = process.env;
  const env = {
    ...environment,
    CDK_OUTDIR: output,
    CDK_CONTEXT_JSON,
    ...(validation ? {} : { CDK_VALIDATION: 'false' }),
  };
  return promisify(execFile)(process.execPath, ['bin/app.ts'], { env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

describe('the app', () => {
  it.each([[{}], [{ environment: 'production', accessLogs: true, encryptionKey: 'own' }]])(
    'satisfies the rules of CloudFormation, AwsSolutions and Serverless, with nothing left to say: %j',
    async (choices) => {
      expect(await runApp(choices, true)).toEqual({ code: 0, stderr: '' });
      expect(existsSync(join(output, 'SwitchboardService.template.json'))).toBe(true);
    },
    60_000,
  );

  it.each([
    ['none', []],
    ['pet-store', ['SwitchboardPetStore']],
  ])('leaves samples out: %s', async (samples, left) => {
    expect(await runApp({ samples }, false)).toEqual({ code: 0, stderr: '' });
    const { artifacts } = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'));
    const names = ['PetStore', 'Ephemera', 'Tournament', 'Warehouse'];
    const stacks = names.map((name) => `Switchboard${name}`);
    expect(stacks.filter((stack) => stack in artifacts)).toEqual(left);
  });

  it('stops at a wrong choice with one sentence', async () => {
    expect(await runApp({ door: 'front' }, false)).toEqual({
      code: 1,
      stderr:
        'switchboard:door is "front": it must be message or ticket or sub-protocol or iam or none.\n',
    });
  });
});
