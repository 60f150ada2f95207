import { compilePattern, type Matcher } from '../events/patterns.ts';
import type { Principal, Resource, StageContext } from '../service.ts';

/** An event source mapping as the template has it, with AWS's defaults. Times in ms. */
export interface Mapping {
  /** The same from start to start: what it has read is kept under it. */
  readonly id: string;
  readonly path: string;
  readonly sourceArn: string;
  readonly functionArn: string;
  /** The function's logical id. */
  readonly functionName: string;
  readonly functionPath: string;
  /** The function's role, whose rights reading needs. */
  readonly role: Principal;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly reportsFailures: boolean;
  /** Whether a record is for the function at all. */
  readonly isWanted: Matcher;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a queue's or a stream's mapping may say; anything else stops the start, so that nothing is passed over. */
const COMMON = [
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FilterCriteria',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'Tags',
];

interface MappingDefaults {
  readonly batchSize: number;
  /** Properties that this kind of source knows besides the common ones. */
  readonly properties: readonly string[];
}

/** Reads an enabled `AWS::Lambda::EventSourceMapping`. Throws a sentence for what the stage does not run. */
export function mappingOf(
  { assembly, access }: StageContext,
  { id, path, properties }: Resource,
  defaults: MappingDefaults,
): Mapping {
  const unknown = Object.keys(properties).find(
    (name) => !COMMON.includes(name) && !defaults.properties.includes(name),
  );
  if (unknown !== undefined) {
    throw new Error(`Mapping ${path} has ${unknown}, which the local stage does not run.`);
  }
  const named = String(properties.FunctionName);
  const target = assembly.find('AWS::Lambda::Function', named);
  if (target === undefined) {
    throw new Error(`Mapping ${path} is for ${named}, which is no function of the template.`);
  }
  const responseTypes = (properties.FunctionResponseTypes ?? []) as readonly string[];
  return {
    id,
    path,
    sourceArn: String(properties.EventSourceArn),
    functionArn: target.arn,
    functionName: target.logicalId,
    functionPath: target.path,
    role: access.principalOfFunction(target.id),
    batchSize: Number(properties.BatchSize ?? defaults.batchSize),
    windowMs: Number(properties.MaximumBatchingWindowInSeconds ?? 0) * 1_000,
    reportsFailures: responseTypes.includes('ReportBatchItemFailures'),
    isWanted: filterOf(path, properties.FilterCriteria),
    properties,
  };
}

function filterOf(path: string, criteria: unknown): Matcher {
  const { Filters: filters = [] } = (criteria ?? {}) as { Filters?: Array<{ Pattern?: string }> };
  if (filters.length === 0) return () => true;
  const matchers = filters.map(({ Pattern = '{}' }) => {
    try {
      return compilePattern(JSON.parse(Pattern));
    } catch (error) {
      throw new Error(`Mapping ${path} has a filter that AWS would refuse: ${messageOf(error)}`);
    }
  });
  return (record) => matchers.some((isMatch) => isMatch(record));
}

/** Stops the start, with a sentence, where the function's role may not do what a mapping does in its name. */
export function demandRights(
  { access }: StageContext,
  { path, functionName, role }: Mapping,
  actions: readonly string[],
  resourceArn: string,
): void {
  for (const action of actions) {
    try {
      access.demand(role, action, resourceArn);
    } catch (error) {
      throw new Error(
        `Mapping ${path} cannot work: the role of ${functionName} lacks ${action} on ${resourceArn}. Grant it in the CDK app. (${messageOf(error)})`,
      );
    }
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
