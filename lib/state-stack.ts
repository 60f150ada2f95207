import { CfnOutput, type RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { tables } from '../contract/tables.ts';
import type { EncryptionKeyChoice } from './constructs/encryption-key.ts';
import { SwitchboardState } from './constructs/switchboard-state.ts';
import { pascalCase } from './pascal-case.ts';
import { keysOf } from './records.ts';

export interface StateStackProps extends StackProps {
  readonly removalPolicy: RemovalPolicy;
  readonly eventsKeptDays: number;
  readonly encryptionKey: EncryptionKeyChoice;
}

/** What must outlive every deployment of the others. */
export class StateStack extends Stack {
  readonly state: SwitchboardState;

  constructor(scope: Construct, id: string, props: StateStackProps) {
    super(scope, id, props);
    const { removalPolicy, eventsKeptDays, encryptionKey } = props;
    this.state = new SwitchboardState(this, 'Switchboard', {
      removalPolicy,
      eventsKeptDays,
      encryptionKey,
    });
    const { userPool, userPoolClient, eventBus } = this.state;
    new CfnOutput(this, 'UserPoolId', { value: userPool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: userPoolClient.userPoolClientId });
    new CfnOutput(this, 'EventBusName', { value: eventBus.eventBusName });
    for (const table of keysOf(tables)) {
      new CfnOutput(this, `${pascalCase(table)}TableName`, {
        value: this.state.tables[table].tableName,
      });
    }
  }
}
