import { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  DefinitionBody,
  Errors,
  Fail,
  type IChainable,
  JsonPath,
  StateMachine,
  Succeed,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BroadcastTask } from '../../lib/constructs/broadcast-task.ts';
import { FunctionTask } from '../../lib/constructs/function-task.ts';
import type { Switchboard } from '../../lib/constructs/switchboard.ts';
import { TOURNAMENT_REFUSED } from './operations.ts';

export interface TournamentWorkflowProps {
  readonly switchboard: Switchboard;
  readonly registerTournament: IFunction;
  readonly assignPlayers: IFunction;
  readonly lockTeams: IFunction;
  readonly cancelTournament: IFunction;
}

const own = JsonPath.stringAt;
const step = {
  tenant: own('$.tenant'),
  tournamentId: own('$.tournamentId'),
  executionArn: own('$$.Execution.Id'),
};

/**
 * [S4-10] Register, assign, lock, with a broadcast before and after each. A step that fails is tried again; one that
 * fails for good cancels the tournament. A broadcast that did not reach everybody stops nothing: the
 * workflow goes on, and its output says so under `unreached`.
 */
export class TournamentWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: TournamentWorkflowProps) {
    super(scope, id);
    const { switchboard } = props;
    const about = { switchboard, tenant: step.tenant, tournamentId: step.tournamentId };

    const started = new BroadcastTask(this, 'workflow.started', {
      ...about,
      type: 'workflow.started',
      data: { tournamentId: step.tournamentId, executionArn: step.executionArn },
      timestamp: own('$.startedAt'),
    });
    const cancelled = this.cancelling(props.cancelTournament);
    const register = this.step('RegisterTournamentTask', cancelled, {
      lambdaFunction: props.registerTournament,
      payload: { ...step, startTime: own('$.startTime') },
      resultPath: '$.registered',
    });
    const registered = new BroadcastTask(this, 'tournament.registered', {
      ...about,
      type: 'tournament.registered',
      data: { tournamentId: step.tournamentId, startTime: own('$.registered.startTime') },
    });
    const assign = this.step('AssignPlayersTask', cancelled, {
      lambdaFunction: props.assignPlayers,
      payload: { ...step, players: JsonPath.listAt('$.players') },
      resultPath: '$.assigned',
    });
    const assigned = new BroadcastTask(this, 'players.assigned', {
      ...about,
      type: 'players.assigned',
      data: {
        tournamentId: step.tournamentId,
        teamId: own('$.assigned.teamId'),
        assignedCount: JsonPath.numberAt('$.assigned.assignedCount'),
      },
    });
    const lock = this.step('LockTeamsTask', cancelled, {
      lambdaFunction: props.lockTeams,
      payload: step,
      resultPath: '$.locked',
    });
    const locked = new BroadcastTask(this, 'teams.locked', {
      ...about,
      type: 'teams.locked',
      data: {
        tournamentId: step.tournamentId,
        teamId: own('$.locked.teamId'),
        status: own('$.locked.status'),
      },
    });
    const done = new Succeed(this, 'Workflow Complete');
    const goesOnWith = (next: IChainable) => [next, { resultPath: '$.unreached' }] as const;
    started.addCatch(...goesOnWith(register));
    registered.addCatch(...goesOnWith(assign));
    assigned.addCatch(...goesOnWith(lock));
    locked.addCatch(...goesOnWith(done));

    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromChainable(
        started
          .next(register.next(registered))
          .next(assign.next(assigned))
          .next(lock.next(locked))
          .next(done),
      ),
      timeout: Duration.minutes(30),
      role: new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') }),
    });
  }

  private step(
    id: string,
    cancelled: IChainable,
    props: {
      readonly lambdaFunction: IFunction;
      readonly payload: Readonly<Record<string, unknown>>;
      readonly resultPath: string;
    },
  ): FunctionTask {
    const task = new FunctionTask(this, id, {
      lambdaFunction: props.lambdaFunction,
      payload: TaskInput.fromObject({ ...props.payload }),
      resultPath: props.resultPath,
    });
    task.addRetry({ errors: [TOURNAMENT_REFUSED], maxAttempts: 0 });
    task.addRetry({
      errors: [Errors.ALL],
      maxAttempts: 3,
      interval: Duration.seconds(1),
      backoffRate: 2,
    });
    task.addCatch(cancelled, { resultPath: '$.failure' });
    return task;
  }

  private cancelling(lambdaFunction: IFunction): IChainable {
    const failed = new Fail(this, 'Workflow Failed', {
      errorPath: '$.failure.Error',
      causePath: '$.failure.Cause',
    });
    const cancel = new FunctionTask(this, 'CancelTournamentTask', {
      lambdaFunction,
      payload: TaskInput.fromObject(step),
      resultPath: JsonPath.DISCARD,
    });
    cancel.addRetry({ errors: [TOURNAMENT_REFUSED], maxAttempts: 0 });
    cancel.addRetry({ errors: [Errors.ALL], maxAttempts: 3 });
    // What there is nothing to cancel of has failed all the same.
    cancel.addCatch(failed, { resultPath: JsonPath.DISCARD });
    return cancel.next(failed);
  }
}
