import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { BundledFunction } from '../../lib/constructs/bundled-function.ts';
import { EventInbox } from '../../lib/constructs/event-inbox.ts';
import { tableRights } from '../../lib/constructs/right.ts';
import type { Switchboard } from '../../lib/constructs/switchboard.ts';
import { COUNTS_TABLE_VARIABLE, type CountedRow } from './rows.ts';

const source = 'sample/warehouse/count-notification';

/** For `bundle`, which comes before the stack. */
export const warehouseEntries = [source];

const TIMEOUT_SECONDS = 30;

export interface WarehouseStackProps extends StackProps {
  readonly switchboard: Switchboard;
  /** What becomes of the counts when the stack goes; other than DESTROY, they are also protected. */
  readonly removalPolicy: RemovalPolicy;
}

/** [S1-12] Counts notifications: the example of a service that is no browser and follows the bus. */
export class WarehouseStack extends Stack {
  constructor(scope: Construct, id: string, props: WarehouseStackProps) {
    super(scope, id, props);
    const { switchboard, removalPolicy } = props;
    const counts = new Table(this, 'Counts', {
      partitionKey: key('topic'),
      sortKey: key('entry'),
      timeToLiveAttribute: 'ttl' satisfies keyof CountedRow,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    });
    const inbox = new EventInbox(this, 'Inbox', { consumerSeconds: TIMEOUT_SECONDS });
    const countNotification = new BundledFunction(this, 'CountNotification', {
      entry: source,
      description: "Switchboard's sample warehouse: counts notifications.",
      timeoutSeconds: TIMEOUT_SECONDS,
      memoryMb: 512,
      environment: { [COUNTS_TABLE_VARIABLE]: counts.tableName },
      rights: [...tableRights(counts.tableArn, ['put', 'update']), inbox.right],
    });
    inbox.feed(countNotification);
    switchboard.onNotification('Notification', { target: inbox.target, crossStackScope: this });

    new CfnOutput(this, 'CountsTableName', { value: counts.tableName });
  }
}

const key = (name: keyof CountedRow): Attribute => ({ name, type: AttributeType.STRING });
