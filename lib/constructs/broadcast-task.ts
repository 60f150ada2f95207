import { Duration } from 'aws-cdk-lib';
import { Errors, JitterType, JsonPath, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type * as z from 'zod/mini';
import {
  type BroadcastRequest,
  broadcastErrors,
  type TournamentEventType,
  type tournamentEvents,
} from '../../contract/broadcast.ts';
import { FunctionTask } from './function-task.ts';
import type { Switchboard } from './switchboard.ts';

/** The data of an event: of the documents' own ones every part, as a value or as a path (`JsonPath.stringAt`). */
type Data<Type extends string> = Type extends TournamentEventType
  ? { readonly [Part in keyof z.infer<(typeof tournamentEvents)[Type]>]: string | number }
  : Readonly<Record<string, unknown>>;

export interface BroadcastTaskProps<Type extends string> {
  readonly switchboard: Switchboard;
  readonly type: Type;
  readonly tournamentId: string;
  readonly data: Data<Type>;
  /**
   * The event's own time, as a path.
   * @default - when the step is entered
   */
  readonly timestamp?: string;
  /**
   * Whom it is for; `*` is everybody.
   * @default DEFAULT_TENANT
   */
  readonly tenant?: string;
}

/** Tries after the first: with the pauses between them about half a minute, after which more would not help. */
const TRIES = 4;

/**
 * A step of a workflow that broadcasts an event [S4-03]. Its own state goes on as it came. Where somebody was
 * not reached it is tried again, for those alone; what is still not done then is an error for `addCatch`.
 */
export class BroadcastTask<const Type extends string> extends FunctionTask {
  constructor(scope: Construct, id: string, props: BroadcastTaskProps<Type>) {
    const { switchboard, type, tournamentId, data, tenant } = props;
    const { timestamp = JsonPath.stringAt('$$.State.EnteredTime') } = props;
    const event: BroadcastRequest = {
      type,
      tournamentId,
      data: { ...data },
      // The same in each try, as the id is: together they are what tells a retry from another broadcast.
      timestamp,
      broadcastId: JsonPath.stringAt('$$.Execution.Id'),
      ...(tenant !== undefined && { tenant }),
    };
    super(scope, id, {
      lambdaFunction: switchboard.functions['broadcast-event'],
      payload: TaskInput.fromObject(event),
      resultPath: JsonPath.DISCARD,
    });
    this.addRetry({ errors: [broadcastErrors.refused], maxAttempts: 0 });
    this.addRetry({
      errors: [Errors.ALL],
      maxAttempts: TRIES,
      interval: Duration.seconds(2),
      backoffRate: 2,
      jitterStrategy: JitterType.FULL,
    });
  }
}
