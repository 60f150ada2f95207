import { App, Validations } from 'aws-cdk-lib';
import { readConfig } from '../lib/config.ts';
import { Mistake } from '../lib/mistake.ts';
import { addStacks } from './stacks.ts';

const app = new App();
try {
  await addStacks(app, readConfig(app.node.getAllContext()));
} catch (error) {
  if (!(error instanceof Mistake)) throw error;
  console.error(error.message);
  process.exit(1);
}

// CDK's own switch: where it validates nothing, the rules need not be loaded either.
if (process.env.CDK_VALIDATION !== 'false') {
  const { AwsSolutionsChecks, ServerlessChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}
