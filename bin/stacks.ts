import { type App, RemovalPolicy } from 'aws-cdk-lib';
import { functions } from '../contract/functions.ts';
import { bundle } from '../lib/bundle.ts';
import type { Config } from '../lib/config.ts';
import { functionEntry } from '../lib/function-entry.ts';
import { keysOf } from '../lib/records.ts';
import { ServiceStack } from '../lib/service-stack.ts';
import { StateStack } from '../lib/state-stack.ts';
import { EphemeraStack, ephemeraEntries } from '../sample/ephemera/stack.ts';
import { PetStoreStack, petStoreEntries } from '../sample/pet-store/stack.ts';
import { TournamentStack, tournamentEntries } from '../sample/tournament/stack.ts';
import { WarehouseStack, warehouseEntries } from '../sample/warehouse/stack.ts';

/** Bundles the functions, and adds the stacks that use them: each knows only those before it. */
export async function addStacks(
  app: App,
  {
    environment,
    logRetentionDays,
    eventsKeptDays,
    encryptionKey,
    samples,
    alarmTopic,
    ...choices
  }: Config,
): Promise<void> {
  await bundle([
    ...keysOf(functions).map(functionEntry),
    ...petStoreEntries,
    ...ephemeraEntries,
    ...tournamentEntries,
    ...warehouseEntries,
  ]);

  const isProduction = environment === 'production';
  const removalPolicy = isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

  const { state } = new StateStack(app, 'SwitchboardState', {
    description: 'Switchboard: tables, users and the event bus.',
    terminationProtection: isProduction,
    removalPolicy,
    eventsKeptDays,
    encryptionKey,
  });
  const { switchboard } = new ServiceStack(app, 'SwitchboardService', {
    description: 'Switchboard: the APIs and the functions behind them.',
    switchboard: { ...choices, state, logRetention: logRetentionDays },
    alarmTopic,
  });
  if (samples === 'none') return;
  new PetStoreStack(app, 'SwitchboardPetStore', {
    description: 'A sample store on the public face of Switchboard.',
    switchboard,
    removalPolicy,
  });
  if (samples !== 'all') return;
  new EphemeraStack(app, 'SwitchboardEphemera', {
    description: 'A sample consumer of lifecycle events: who is online.',
    switchboard,
  });
  new TournamentStack(app, 'SwitchboardTournament', {
    description: 'A sample of broadcasts: tournaments by a workflow that tells everybody.',
    switchboard,
    removalPolicy,
  });
  new WarehouseStack(app, 'SwitchboardWarehouse', {
    description: 'A sample consumer of notification events: counts by the day.',
    switchboard,
    removalPolicy,
  });
}
