import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addStacks } from '../../bin/stacks.ts';
import { readConfig } from '../../lib/config.ts';

// The rules of CDK and cdk-nag have their own test, in app.test.ts: they take seconds.
process.env.CDK_VALIDATION = 'false';

/** The context that `cdk` reads from cdk.json: feature flags change templates. */
export const cdkContext: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync('cdk.json', 'utf8'),
).context;

/** What the app synthesizes with these choices; throws for a template that refers in circles. */
export async function synthesize(choices: Readonly<Record<string, unknown>> = {}) {
  const app = new App({ context: { ...cdkContext } });
  const chosen = Object.entries(choices).map(([name, value]) => [`switchboard:${name}`, value]);
  await addStacks(app, readConfig(Object.fromEntries(chosen)));
  const assembly = app.synth();
  const template = (stack: string) => Template.fromJSON(assembly.getStackByName(stack).template);
  return {
    assembly,
    state: template('SwitchboardState'),
    service: template('SwitchboardService'),
    petStore: template('SwitchboardPetStore'),
    ephemera: template('SwitchboardEphemera'),
    warehouse: template('SwitchboardWarehouse'),
    tournament: template('SwitchboardTournament'),
  };
}
