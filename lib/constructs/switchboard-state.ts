import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  StringAttribute,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Archive, EventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { DIRECT_MESSAGES_SCOPE } from '../../contract/direct-message.ts';
import { LIFECYCLE_SOURCE, NOTIFICATION_SOURCE } from '../../contract/events.ts';
import { EVENTS_KEPT_DAYS, PASSWORD_LEAST_CHARACTERS } from '../../contract/limits.ts';
import { INVITATION_ATTRIBUTE, SCOPE_GROUP } from '../../contract/names.ts';
import { type TableName, tables } from '../../contract/tables.ts';
import { pascalCase } from '../pascal-case.ts';
import { keysOf, recordOf } from '../records.ts';
import { ContractTable } from './contract-table.ts';
import { type EncryptionKeyChoice, encryptionKey } from './encryption-key.ts';
import { EventSchemas } from './event-schemas.ts';

export interface SwitchboardStateProps {
  /**
   * What becomes of tables, users and the bus when their stack goes. Other than DESTROY, they are
   * protected from deletion as well.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * How many days the bus keeps what it was told, for consumers that are new or were wrong.
   * @default 30
   */
  readonly eventsKeptDays?: number;
  /**
   * What tables are encrypted with, and in the stack that uses them queues and logs: `aws`, by AWS's own keys; `own`,
   * by a key that is made here; or the ARN of a key.
   * @default 'aws'
   */
  readonly encryptionKey?: EncryptionKeyChoice;
}

/** All of Switchboard that must outlive a deployment: tables, users and the event bus. */
export class SwitchboardState extends Construct {
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly userPool: UserPool;
  /** What browsers sign in with: no secret, no hosted pages. */
  readonly userPoolClient: UserPoolClient;
  readonly eventBus: EventBus;
  /** Undefined where AWS's own keys do. */
  readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: SwitchboardStateProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;

    const key = encryptionKey(this, props.encryptionKey ?? 'aws', removalPolicy);
    this.encryptionKey = key;
    this.tables = recordOf(
      keysOf(tables),
      (table) =>
        new ContractTable(this, pascalCase(table), { table, removalPolicy, encryptionKey: key }),
    );

    this.userPool = new UserPool(this, 'UserPool', {
      // Or whoever knows the public client id could sign up without an invitation.
      selfSignUpEnabled: false,
      signInAliases: { username: true },
      signInCaseSensitive: false,
      // By it a sign-up that died half way is told from somebody else's user.
      customAttributes: { [INVITATION_ATTRIBUTE]: new StringAttribute({ mutable: false }) },
      // Users need neither a mail address nor a telephone: there is nowhere to send a code to.
      accountRecovery: AccountRecovery.NONE,
      passwordPolicy: {
        minLength: PASSWORD_LEAST_CHARACTERS,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      removalPolicy,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    });
    Validations.of(this.userPool).acknowledge(
      {
        id: 'AwsSolutions-COG2',
        reason: 'A second factor is the choice of who runs the users: this pool only has to exist.',
      },
      {
        id: 'AwsSolutions-COG8',
        reason: 'Threat protection is billed for every user; revocation and throttles come first.',
      },
    );
    new CfnUserPoolGroup(this, 'DirectMessagesScope', {
      userPoolId: this.userPool.userPoolId,
      groupName: `${SCOPE_GROUP}${DIRECT_MESSAGES_SCOPE}`,
      description: 'May send direct messages to any connection of their tenant.',
    }).applyRemovalPolicy(removalPolicy);
    this.userPoolClient = this.userPool.addClient('Client', {
      authFlows: { userPassword: true },
      disableOAuth: true,
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      accessTokenValidity: Duration.minutes(60),
      idTokenValidity: Duration.minutes(60),
      refreshTokenValidity: Duration.days(30),
    });

    this.eventBus = new EventBus(this, 'EventBus');
    this.eventBus.applyRemovalPolicy(removalPolicy);
    const archive = new Archive(this, 'EventArchive', {
      sourceEventBus: this.eventBus,
      eventPattern: { source: [LIFECYCLE_SOURCE, NOTIFICATION_SOURCE] },
      retention: Duration.days(props.eventsKeptDays ?? EVENTS_KEPT_DAYS),
    });
    archive.applyRemovalPolicy(removalPolicy);
    new EventSchemas(this, 'EventSchemas');
  }
}
