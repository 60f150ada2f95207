import { CfnOutput, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { BundledFunction } from '../../lib/constructs/bundled-function.ts';
import { tableRights } from '../../lib/constructs/right.ts';
import type { Switchboard } from '../../lib/constructs/switchboard.ts';
import { operations } from './operations.ts';
import { STATE_MACHINE_VARIABLE, TOURNAMENTS_TABLE_VARIABLE, type TournamentRow } from './rows.ts';
import { TournamentWorkflow } from './tournament-workflow.ts';

const sources = {
  RegisterTournament: 'sample/tournament/register-tournament',
  AssignPlayers: 'sample/tournament/assign-players',
  LockTeams: 'sample/tournament/lock-teams',
  CancelTournament: 'sample/tournament/cancel-tournament',
  StartAssignmentWorkflow: 'sample/tournament/start-assignment-workflow',
} as const;

/** For `bundle`, which comes before the stack. */
export const tournamentEntries = Object.values(sources);

const common = { timeoutSeconds: 10, memoryMb: 512 };

export interface TournamentStackProps extends StackProps {
  readonly switchboard: Switchboard;
  /** What becomes of the tournaments when the stack goes; other than DESTROY, they are also protected. */
  readonly removalPolicy: RemovalPolicy;
}

/** [S4-10] Tournaments by a workflow that tells everybody how far it has got: the example of broadcasts. */
export class TournamentStack extends Stack {
  private readonly tournaments: Table;

  constructor(scope: Construct, id: string, props: TournamentStackProps) {
    super(scope, id, props);
    const { switchboard, removalPolicy } = props;
    this.tournaments = new Table(this, 'Tournaments', {
      partitionKey: key('tenant'),
      sortKey: key('tournamentId'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    });
    const { stateMachine } = new TournamentWorkflow(this, 'Assignment', {
      switchboard,
      registerTournament: this.step('RegisterTournament'),
      assignPlayers: this.step('AssignPlayers'),
      lockTeams: this.step('LockTeams'),
      cancelTournament: this.step('CancelTournament'),
    });
    Validations.of(stateMachine).acknowledge(
      {
        id: 'AwsSolutions-SF1',
        reason:
          'Step Functions keeps the history of each execution for 90 days; logs would repeat it.',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'Traces are billed for each execution; its history has the times of each state.',
      },
      {
        id: 'Serverless-StepFunctionStateMachineXray',
        reason: 'Traces are billed for each execution; its history has the times of each state.',
      },
    );

    const start = new BundledFunction(this, 'StartAssignmentWorkflow', {
      ...common,
      entry: sources.StartAssignmentWorkflow,
      description: "Switchboard's sample tournaments: startAssignmentWorkflow.",
      environment: { [STATE_MACHINE_VARIABLE]: stateMachine.stateMachineArn },
      rights: [{ actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }],
    });
    switchboard.grantInvoke(start, 'broadcast-event');
    const { path, method } = operations.startAssignmentWorkflow;
    new HttpRoute(this, 'StartAssignmentWorkflowRoute', {
      httpApi: switchboard.httpApi,
      authorizer: switchboard.authorizer,
      routeKey: HttpRouteKey.with(path, HttpMethod[method]),
      integration: new HttpLambdaIntegration('Integration', start),
    });

    new CfnOutput(this, 'TournamentsTableName', { value: this.tournaments.tableName });
    new CfnOutput(this, 'AssignmentStateMachineArn', { value: stateMachine.stateMachineArn });
  }

  /** A step of the workflow: it may change tournaments, and nothing else. */
  private step(id: keyof typeof sources): BundledFunction {
    return new BundledFunction(this, id, {
      ...common,
      entry: sources[id],
      description: `Switchboard's sample tournaments: ${id}.`,
      environment: { [TOURNAMENTS_TABLE_VARIABLE]: this.tournaments.tableName },
      rights: tableRights(this.tournaments.tableArn, ['update']),
    });
  }
}

const key = (name: keyof TournamentRow): Attribute => ({ name, type: AttributeType.STRING });
