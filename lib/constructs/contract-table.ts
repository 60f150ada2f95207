import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type TableName, tables } from '../../contract/tables.ts';

export interface ContractTableProps {
  readonly table: TableName;
  /** Other than DESTROY, the table also refuses to be deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** @default - the account's key for DynamoDB */
  readonly encryptionKey?: IKey | undefined;
}

/** A table as the contract lays it out: on demand, recoverable to any second of its last 35 days. */
export class ContractTable extends Table {
  constructor(
    scope: Construct,
    id: string,
    { table, removalPolicy, encryptionKey }: ContractTableProps,
  ) {
    const layout = tables[table];
    super(scope, id, {
      partitionKey: attribute(layout.partition),
      ...('sort' in layout && { sortKey: attribute(layout.sort) }),
      timeToLiveAttribute: layout.ttl,
      ...('stream' in layout && { stream: StreamViewType[layout.stream] }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Where nobody chooses another, by the account's key for DynamoDB: unlike AWS's own its use shows in CloudTrail, and unlike a
      // key of ours it costs no rent and asks no right of any function.
      ...(encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
        : { encryption: TableEncryption.AWS_MANAGED }),
      removalPolicy,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    });
    const globalIndexes: Indexes = 'globalIndexes' in layout ? layout.globalIndexes : {};
    for (const [indexName, { partition, sort, projection }] of Object.entries(globalIndexes)) {
      this.addGlobalSecondaryIndex({
        indexName,
        partitionKey: attribute(partition),
        sortKey: attribute(sort),
        projectionType: ProjectionType[projection],
      });
    }
    const localIndexes: Indexes = 'localIndexes' in layout ? layout.localIndexes : {};
    for (const [indexName, { sort, projection }] of Object.entries(localIndexes)) {
      this.addLocalSecondaryIndex({
        indexName,
        sortKey: attribute(sort),
        projectionType: ProjectionType[projection],
      });
    }
  }
}

interface KeyPart {
  readonly name: string;
  readonly type: 'S' | 'N';
}

type Indexes = Readonly<
  Record<string, { partition: KeyPart; sort: KeyPart; projection: 'ALL' | 'KEYS_ONLY' }>
>;

const attribute = ({ name, type }: KeyPart): Attribute => ({
  name,
  type: type === 'S' ? AttributeType.STRING : AttributeType.NUMBER,
});
