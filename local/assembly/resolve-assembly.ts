import type { Assembly, Resource } from '../service.ts';
import type { CloudAssembly } from './cloud-assembly.ts';
import { createLocalHosts } from './local-hosts.ts';
import {
  createStackScope,
  type OtherStacks,
  type Place,
  pathOf,
  type StackScope,
} from './stack-scope.ts';

export interface StagePlace extends Place {
  /** Where each API listens, by the API's id. */
  readonly apiPorts: ReadonlyMap<string, number>;
}

/**
 * The assembly with every intrinsic resolved as a deployment to `place` would, and the hostnames of what
 * the stage hosts rewritten to local ones. Pure. Throws one sentence for what the stage cannot run.
 */
export function resolveAssembly(cloud: CloudAssembly, place: StagePlace): Assembly {
  const localize = createLocalHosts(place.region, place.apiPorts);
  const stacks = openStacks(cloud, place);
  const resources = stacks.flatMap((stack) =>
    resourcesOf(stack).map((resource) => ({
      ...resource,
      properties: localize(resource.properties) as Resource['properties'],
    })),
  );
  const outputs = Object.fromEntries(
    stacks.map((stack) => [stack.name, localize(outputsOf(stack)) as Record<string, string>]),
  );
  const byType = Map.groupBy(resources, ({ type }) => type);
  const byName = new Map(
    resources.flatMap((resource) =>
      namesOf(resource).map((name) => [`${resource.type} ${name}`, resource] as const),
    ),
  );
  return {
    directory: cloud.directory,
    resources,
    outputs,
    ofType: (type) => byType.get(type) ?? [],
    find: (type, idOrArn) => {
      for (const name of withParents(idOrArn)) {
        const found = byName.get(`${type} ${name}`);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    assetPath: (objectKey) => {
      const path = cloud.assets.get(objectKey);
      if (path === undefined) {
        throw new Error(
          `The assembly in ${cloud.directory} has no asset ${objectKey}: remove the folder and synthesize again.`,
        );
      }
      return path;
    },
  };
}

function openStacks(cloud: CloudAssembly, place: Place): readonly StackScope[] {
  const others: OtherStacks = {
    exported: (name) => {
      for (const stack of stacks) {
        for (const [logicalId, output] of presentOutputs(stack)) {
          if (output.Export === undefined) continue;
          const where = `Output ${logicalId}`;
          if (stack.resolve(output.Export.Name, where) === name)
            return stack.resolve(output.Value, where);
        }
      }
      return undefined;
    },
    outputOf: (stackName, logicalId) => {
      const stack = stacks.find(({ name }) => name === stackName);
      const output = stack?.template.Outputs?.[logicalId];
      return output && stack?.resolve(output.Value, `Output ${logicalId}`);
    },
  };
  const stacks = cloud.stacks.map((stack) => createStackScope(stack, place, others));
  return stacks;
}

function resourcesOf(stack: StackScope): Resource[] {
  return Object.entries(stack.template.Resources ?? {})
    .filter(([, resource]) => stack.holds(resource))
    .map(([logicalId, resource]) => {
      const path = pathOf(stack.name, logicalId, resource);
      const { id, arn } = stack.resource(logicalId);
      const properties = stack.resolve(resource.Properties ?? {}, `${path} (${resource.Type})`);
      return {
        stack: stack.name,
        logicalId,
        type: resource.Type,
        id,
        arn,
        properties: properties as Resource['properties'],
        path,
      };
    });
}

const presentOutputs = (stack: StackScope) =>
  Object.entries(stack.template.Outputs ?? {}).filter(([, output]) => stack.holds(output));

const outputsOf = (stack: StackScope): Record<string, string> =>
  Object.fromEntries(
    presentOutputs(stack).map(([logicalId, output]) => [
      logicalId,
      String(stack.resolve(output.Value, `Output ${logicalId}`)),
    ]),
  );

/** Its id, its ARN, and the bare name at the end of either (a queue's id is its URL). */
const namesOf = ({ id, arn }: Resource): readonly string[] =>
  [...new Set([id, arn, id.split('/').at(-1) ?? ''])].filter((name) => name !== '');

/** The name, then what it is below: a function's version or alias, a table's stream or index. */
function* withParents(name: string): Generator<string> {
  for (
    let rest = name;
    rest !== '';
    rest = rest.slice(0, Math.max(rest.search(/[:/][^:/]*$/), 0))
  ) {
    yield rest;
  }
}
