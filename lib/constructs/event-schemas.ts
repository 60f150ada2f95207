import { CfnRegistry, CfnSchema } from 'aws-cdk-lib/aws-eventschemas';
import { Construct } from 'constructs';
import * as z from 'zod/mini';
import {
  LIFECYCLE_SOURCE,
  lifecycleDetail,
  lifecycleTypes,
  NOTIFICATION_SOURCE,
  NOTIFICATION_TYPE,
  notificationDetail,
} from '../../contract/events.ts';

interface DescribedEvent {
  readonly source: string;
  readonly type: string;
  readonly detail: z.core.$ZodType;
}

const described: readonly DescribedEvent[] = [
  ...lifecycleTypes.map((type) => ({ source: LIFECYCLE_SOURCE, type, detail: lifecycleDetail })),
  { source: NOTIFICATION_SOURCE, type: NOTIFICATION_TYPE, detail: notificationDetail },
];

/**
 * A registry with the schema of each event that Switchboard puts on its bus, for consoles and code
 * generators. They are made from the shapes that the contract checks with.
 */
export class EventSchemas extends Construct {
  readonly registry: CfnRegistry;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.registry = new CfnRegistry(this, 'Registry', {
      description: 'What Switchboard tells its event bus.',
    });
    for (const event of described) {
      new CfnSchema(this, event.type.replaceAll(' ', ''), {
        registryName: this.registry.attrRegistryName,
        schemaName: `${event.source}@${event.type.replaceAll(' ', '')}`,
        type: 'JSONSchemaDraft4',
        content: JSON.stringify(schemaOf(event)),
      });
    }
  }
}

const text = { type: 'string' };

/** The whole event, as a target gets it. Details may gain fields: consumers ignore what they do not know. */
function schemaOf({ source, type, detail }: DescribedEvent): object {
  const { $schema, ...shape } = z.toJSONSchema(detail, { target: 'draft-4', io: 'input' });
  return {
    $schema,
    title: type,
    type: 'object',
    required: ['id', 'source', 'detail-type', 'detail'],
    properties: {
      version: text,
      id: text,
      source: { enum: [source] },
      'detail-type': { enum: [type] },
      account: text,
      time: { ...text, format: 'date-time' },
      region: text,
      resources: { type: 'array', items: text },
      detail: shape,
    },
  };
}
