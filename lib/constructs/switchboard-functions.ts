import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { ManagerAction } from '../../contract/connection-manager.ts';
import type { DoorSettings } from '../../contract/environment.ts';
import {
  type FunctionName,
  functions,
  type QueueSpec,
  queues,
  streamFailures,
} from '../../contract/functions.ts';
import { CLEANUP_EVERY_HOURS, SWEEP_EVERY_MINUTES } from '../../contract/limits.ts';
import type { TableName } from '../../contract/tables.ts';
import { functionEntry } from '../function-entry.ts';
import { Mistake } from '../mistake.ts';
import { pascalCase } from '../pascal-case.ts';
import { keysOf, recordOf } from '../records.ts';
import { BundledFunction, functionLog } from './bundled-function.ts';
import { followStream, takeFromQueue } from './event-sources.ts';
import { functionEnvironment, type PlainSettings } from './function-environment.ts';
import { functionRights } from './function-rights.ts';
import type { HttpGateway } from './http-gateway.ts';
import { streamSources } from './stream-sources.ts';
import type { SwitchboardQueues } from './switchboard-queues.ts';
import type { SwitchboardState } from './switchboard-state.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';

export interface SwitchboardFunctionsProps {
  readonly state: SwitchboardState;
  readonly queues: SwitchboardQueues;
  readonly sockets: WebSocketGateway;
  readonly http: HttpGateway;
  readonly settings: PlainSettings;
  readonly doorSettings: DoorSettings;
  /** {@link Surroundings.topics} */
  readonly topics: string;
  readonly namesFunctions: boolean;
  readonly logRetention: RetentionDays;
}

export type SwitchboardFunctions = Readonly<Record<FunctionName, lambda.Function>>;

/** Every function of the contract, with what it is told, what it may do and what wakes it. */
export function switchboardFunctions(
  scope: Construct,
  props: SwitchboardFunctionsProps,
): SwitchboardFunctions {
  const { state, sockets, http, settings, namesFunctions, logRetention } = props;
  const { encryptionKey } = state;
  const { work, deadLetters, failures } = props.queues;
  const deployment = Stack.of(scope).stackName;
  const streamArn = (table: TableName): string => streamOf(table, state);
  const idOf = (name: FunctionName) => `${pascalCase(name)}Function`;
  const logPrefix = logPrefixOf(scope);
  const logs = recordOf(keysOf(functions), (name) =>
    functionLog(scope, idOf(name), {
      retention: logRetention,
      logGroupName: `${logPrefix}${name}`,
      encryptionKey,
    }),
  );
  const journal = keysOf(functions).filter((name) => 'notes' in functions[name]);
  const made = recordOf(
    keysOf(functions),
    (name) =>
      new BundledFunction(scope, idOf(name), {
        entry: functionEntry(name),
        functionName: namesFunctions && 'isNamed' in functions[name] ? name : undefined,
        description: `Switchboard: ${functions[name].does}.`,
        timeoutSeconds: functions[name].timeoutSeconds,
        memoryMb: functions[name].memoryMb,
        environment: functionEnvironment(functions[name], {
          settings,
          doorSettings: props.doorSettings,
          topics: props.topics,
          deployment,
          socketsEndpoint: sockets.stage.callbackUrl,
          httpUrl: http.api.apiEndpoint,
          logPrefix,
          parkedQueues: [
            ...keysOf(queues).map((queue) => work[queue].queueName),
            ...streamFailures.map((consumer) => failures[consumer].queueName),
          ],
          eventBusName: state.eventBus.eventBusName,
          userPoolId: state.userPool.userPoolId,
          userPoolClientId: state.userPoolClient.userPoolClientId,
          tableName: (table) => state.tables[table].tableName,
          queueUrl: (queue) => work[queue].queueUrl,
        }),
        rights: functionRights(name, {
          table: (table) => state.tables[table].tableArn,
          stream: streamArn,
          queue: (queue) => work[queue].queueArn,
          deadLetters: (queue) => deadLetters[queue].queueArn,
          failures: (consumer) => failures[consumer].queueArn,
          socketCall: (call) => sockets.callArn(call),
          journal: journal.map((each) => logs[each].logGroupArn),
          eventBus: state.eventBus.eventBusArn,
          userPool: state.userPool.userPoolArn,
          key: encryptionKey?.keyArn,
        }),
        logGroup: logs[name],
      }),
  );

  for (const name of keysOf(queues)) {
    const { consumer, batchSize }: QueueSpec = queues[name];
    takeFromQueue(made[consumer], work[name], batchSize);
  }
  for (const name of keysOf(streamSources)) {
    const { table, filters } = streamSources[name];
    followStream(made[name], { streamArn: streamArn(table), filters, failures: failures[name] });
  }
  runEvery(scope, 'Sweep', Duration.minutes(SWEEP_EVERY_MINUTES), new LambdaFunction(made.sweep));
  const input = RuleTargetInput.fromObject({
    action: 'cleanup_stale_connections' satisfies ManagerAction,
  });
  const cleanUp = new LambdaFunction(made['connection-manager'], { event: input });
  runEvery(scope, 'Cleanup', Duration.hours(CLEANUP_EVERY_HOURS), cleanUp);
  return made;
}

/** Names of our own making: a function that is to read many logs is told what their names begin with. */
function logPrefixOf(scope: Construct): string {
  const stack = Stack.of(scope);
  const within = scope.node.path.slice(stack.node.path.length);
  return `/${stack.stackName}${within}/`;
}

function runEvery(scope: Construct, name: string, every: Duration, target: LambdaFunction): void {
  const rule = new Rule(scope, `${name}Schedule`, {
    schedule: Schedule.rate(every),
    targets: [target],
  });
  Validations.of(rule).acknowledge({
    id: 'Serverless-EventBusDLQ',
    reason: 'A tick that was lost is nothing to keep: the next one does what it would have done.',
  });
}

function streamOf(table: TableName, { tables }: SwitchboardState): string {
  const { tableStreamArn } = tables[table];
  if (tableStreamArn === undefined) {
    throw new Mistake(`The table ${table} has no stream: give it one in contract/tables.ts.`);
  }
  return tableStreamArn;
}
