import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { functions } from '../contract/functions.ts';
import { Switchboard } from './constructs/switchboard.ts';
import type { SwitchboardProps } from './constructs/switchboard-props.ts';
import { pascalCase } from './pascal-case.ts';
import { keysOf } from './records.ts';

export interface ServiceStackProps extends StackProps {
  readonly switchboard: SwitchboardProps;
  /** The ARN of the SNS topic that alarms tell; empty for none. */
  readonly alarmTopic: string;
}

/** What runs: replaced by each deployment, and keeps nothing. */
export class ServiceStack extends Stack {
  readonly switchboard: Switchboard;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const alarmActions = props.alarmTopic
      ? [new SnsAction(Topic.fromTopicArn(this, 'AlarmTopic', props.alarmTopic))]
      : [];
    this.switchboard = new Switchboard(this, 'Switchboard', { ...props.switchboard, alarmActions });
    new CfnOutput(this, 'DeploymentName', { value: this.stackName });
    new CfnOutput(this, 'WebSocketUrl', { value: this.switchboard.webSocketStage.url });
    new CfnOutput(this, 'HttpUrl', { value: this.switchboard.httpApi.apiEndpoint });
    const { dashboard } = this.switchboard;
    if (dashboard) new CfnOutput(this, 'DashboardName', { value: dashboard.dashboardName });
    new CfnOutput(this, 'RetentionSeconds', { value: String(this.switchboard.retentionSeconds) });
    new CfnOutput(this, 'JournalLogGroups', { value: this.switchboard.journal.join(',') });
    const others = keysOf(functions).filter((name) => !('notes' in functions[name]));
    new CfnOutput(this, 'OtherLogGroups', {
      value: others.map((name) => this.switchboard.functions[name].logGroup.logGroupName).join(','),
    });
    new CfnOutput(this, 'FunctionNames', {
      value: keysOf(functions)
        .map((name) => this.switchboard.functions[name].functionName)
        .join(','),
    });
    for (const name of keysOf(functions).filter((each) => 'isInvoked' in functions[each])) {
      new CfnOutput(this, `${pascalCase(name)}FunctionName`, {
        value: this.switchboard.functions[name].functionName,
      });
    }
  }
}
