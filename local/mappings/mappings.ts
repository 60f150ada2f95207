import type { Resource, Service, StageContext } from '../service.ts';
import { startQueueMapping } from './queue-mapping.ts';
import { startStreamMapping } from './stream-mapping.ts';

/** Event source mappings: what reads tables' streams and queues and hands batches to functions. */
export function createMappings(context: StageContext): Service {
  const running: Array<() => void> = [];
  const start = (mapping: Resource) => {
    const source = String(mapping.properties.EventSourceArn);
    if (source.startsWith('arn:aws:dynamodb:')) return startStreamMapping(context, mapping);
    if (source.startsWith('arn:aws:sqs:')) return startQueueMapping(context, mapping);
    throw new Error(
      `Mapping ${mapping.path} reads ${source}: the local stage reads DynamoDB streams and SQS queues only.`,
    );
  };
  return {
    name: 'mappings',
    start: async () => {
      const enabled = context.assembly
        .ofType('AWS::Lambda::EventSourceMapping')
        .filter(({ properties }) => String(properties.Enabled ?? true) === 'true');
      for (const mapping of enabled) running.push(start(mapping));
      return `${enabled.length} from streams and queues`;
    },
    stop: async () => {
      for (const end of running.splice(0)) end();
    },
  };
}
