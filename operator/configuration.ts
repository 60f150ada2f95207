import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type FunctionName, functions } from '../contract/functions.ts';
import type { Place } from './place.ts';

/** A variable with one of its values, and the functions that run with it. */
export interface ConfiguredVariable {
  readonly name: string;
  /** {@link MASK} for what looks like a secret. */
  readonly value: string;
  readonly functions: readonly FunctionName[];
  /** Other functions run with another value. */
  readonly differs: boolean;
}

export interface ConfiguredFunction {
  readonly name: FunctionName;
  /** As AWS knows it. */
  readonly functionName: string;
  readonly runtime: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** ISO; a stage does not say. */
  readonly changedAt?: string;
}

export interface Configuration {
  /** By name; one that differs comes once for each value. */
  readonly variables: readonly ConfiguredVariable[];
  readonly functions: readonly ConfiguredFunction[];
}

export const MASK = '••••••••';

/** What functions really run with, whatever was meant to be deployed: as Lambda tells it, secrets masked. */
export async function readConfiguration(place: Place): Promise<Configuration> {
  const lambda = new LambdaClient(place.aws);
  const functionNames = place.output('FunctionNames').split(',');
  const names = Object.keys(functions) as FunctionName[];
  const told = await Promise.all(
    names.map(async (name, at) => ({
      name,
      ...(await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: functionNames[at] }),
      )),
    })),
  );
  return {
    variables: gatherVariables(
      told.map(({ name, Environment }) => ({ name, variables: Environment?.Variables ?? {} })),
    ),
    functions: told.map(({ name, FunctionName = '', Runtime = '', ...more }) => ({
      name,
      functionName: FunctionName,
      runtime: Runtime,
      memoryMb: more.MemorySize ?? 0,
      timeoutSeconds: more.Timeout ?? 0,
      ...(more.LastModified !== undefined && { changedAt: more.LastModified }),
    })),
  };
}

interface Environment {
  readonly name: FunctionName;
  readonly variables: Readonly<Record<string, string>>;
}

/** Every value of every variable once, with who runs with it. */
export function gatherVariables(environments: readonly Environment[]): ConfiguredVariable[] {
  const settings = environments.flatMap(({ name: of, variables }) =>
    Object.entries(variables).map(([name, value]) => ({ of, name, value })),
  );
  const byName = [...Map.groupBy(settings, ({ name }) => name)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return byName.flatMap(([name, all]) => {
    const byValue = [...Map.groupBy(all, ({ value }) => value)];
    return byValue.map(([value, with_]) => ({
      name,
      value: isSecret(name) ? MASK : value,
      functions: with_.map(({ of }) => of),
      differs: byValue.length > 1,
    }));
  });
}

/** None of ours is one; an application may tell its functions some. */
const isSecret = (name: string): boolean =>
  /secret|passw|token|credential|private|api_?key/i.test(name);
