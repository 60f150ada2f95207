import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { functions } from '../contract/functions.ts';
import { Switchboard } from './constructs/switchboard.ts';
import type { SwitchboardProps } from './constructs/switchboard-props.ts';
import { pascalCase } from './pascal-case.ts';
import { keysOf } from './records.ts';

export interface ServiceStackProps extends StackProps {
  readonly switchboard: SwitchboardProps;
}

/** What runs: replaced by each deployment, and keeps nothing. */
export class ServiceStack extends Stack {
  readonly switchboard: Switchboard;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    this.switchboard = new Switchboard(this, 'Switchboard', props.switchboard);
    new CfnOutput(this, 'WebSocketUrl', { value: this.switchboard.webSocketStage.url });
    new CfnOutput(this, 'HttpUrl', { value: this.switchboard.httpApi.apiEndpoint });
    for (const name of keysOf(functions).filter((each) => 'isInvoked' in functions[each])) {
      new CfnOutput(this, `${pascalCase(name)}FunctionName`, {
        value: this.switchboard.functions[name].functionName,
      });
    }
  }
}
