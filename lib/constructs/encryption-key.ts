import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** `aws`: by AWS's own keys. `own`: by a key that is made here. Else the ARN of a key of KMS. */
export type EncryptionKeyChoice = 'aws' | 'own' | (string & {});

/**
 * [S3-12] What tables, queues and logs are encrypted with; undefined where AWS's own keys do. A key that is made here
 * is changed by KMS each year, and stays as long as what it has encrypted. Beside those whom IAM allows, its policy
 * admits the two services that write for nobody: CloudWatch Logs to logs of this account, and EventBridge to queues.
 */
export function encryptionKey(
  scope: Construct,
  choice: EncryptionKeyChoice,
  removalPolicy: RemovalPolicy,
): IKey | undefined {
  if (choice === 'aws') return undefined;
  if (choice !== 'own') return Key.fromKeyArn(scope, 'EncryptionKey', choice);
  const { region, account, partition } = Stack.of(scope);
  const key = new Key(scope, 'EncryptionKey', {
    description: 'Switchboard: tables, queues and logs.',
    enableKeyRotation: true,
    removalPolicy,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  );
  return key;
}
