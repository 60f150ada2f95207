import { describe, expect, it } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { Mistake } from '../../lib/mistake.ts';

/** As `cdk -c switchboard:key=value` hands it over. */
const configOf = (choices: Readonly<Record<string, unknown>>) =>
  readConfig({
    'aws:cdk:enable-path-metadata': true,
    ...Object.fromEntries(
      Object.entries(choices).map(([name, value]) => [`switchboard:${name}`, value]),
    ),
  });

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('configuration', () => {
  it('has a default for everything: development, open to every page, through the message door', () => {
    expect(configOf({})).toEqual({
      environment: 'development',
      door: 'message',
      encryptionKey: 'aws',
      graceSeconds: 30,
      retentionHours: 6,
      eventsKeptDays: 30,
      epoch: '1',
      express: false,
      topics: [],
      sessionsPerUser: 50,
      connectionsPerSession: 10,
      messagesPerConnection: 0,
      messagesPerUser: 0,
      connectsPerAddress: 0,
      allowedAddresses: [],
      deniedAddresses: [],
      allowedOrigins: ['*'],
      throttleRate: 5000,
      throttleBurst: 2500,
      logRetentionDays: 30,
      accessLogs: false,
      namesFunctions: true,
      monitoring: true,
      manyConnections: 10_000,
      alarmTopic: '',
      samples: 'all',
    });
  });

  it('admits no page of another origin in production unless it is named', () => {
    expect(configOf({ environment: 'production' }).allowedOrigins).toEqual([]);
  });

  it.each([
    ['environment', 'production', 'production'],
    ['door', 'none', 'none'],
    ['door', 'iam', 'iam'],
    ['encryptionKey', 'own', 'own'],
    ['encryptionKey', KEY, KEY],
    ['graceSeconds', '900', 900],
    ['graceSeconds', 1, 1],
    ['retentionHours', '168', 168],
    ['eventsKeptDays', '3650', 3650],
    ['epoch', 'after-restore_2', 'after-restore_2'],
    ['epoch', 2, '2'],
    [
      'allowedOrigins',
      'https://a.example,http://localhost:5173',
      ['https://a.example', 'http://localhost:5173'],
    ],
    ['allowedOrigins', ['https://a.example'], ['https://a.example']],
    ['topics', 'news/**,Pet', ['news/**', 'Pet']],
    ['topics', ['a/{sub}'], ['a/{sub}']],
    ['allowedOrigins', '*', ['*']],
    ['sessionsPerUser', '1', 1],
    ['connectionsPerSession', '100', 100],
    ['messagesPerConnection', '600', 600],
    ['messagesPerUser', 0, 0],
    ['connectsPerAddress', '30', 30],
    ['allowedAddresses', '10.0.0.0/8,2001:db8::/32,::1', ['10.0.0.0/8', '2001:db8::/32', '::1']],
    ['deniedAddresses', ['192.0.2.7'], ['192.0.2.7']],
    ['throttleRate', '10', 10],
    ['throttleBurst', '1', 1],
    ['logRetentionDays', '14', 14],
    ['accessLogs', 'true', true],
    ['namesFunctions', 'false', false],
    ['monitoring', 'false', false],
    ['manyConnections', '500', 500],
    [
      'alarmTopic',
      'arn:aws:sns:eu-west-1:123456789012:alarms',
      'arn:aws:sns:eu-west-1:123456789012:alarms',
    ],
    ['samples', 'pet-store', 'pet-store'],
    ['accessLogs', false, false],
  ] as const)('reads %s=%j, from the command line or from a file', (name, given, value) => {
    expect(configOf({ [name]: given })).toHaveProperty(name, value);
  });

  const origins = 'origins such as https://shop.example.com, parted by commas';
  const networks = 'addresses or blocks such as 10.0.0.0/8 and 2001:db8::/32, parted by commas';
  const days = 'a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90 …';
  it.each([
    ['environment', 'staging', 'development or production'],
    ['encryptionKey', 'mine', 'aws, own, or the ARN of a key of KMS'],
    ['encryptionKey', `${KEY}/x`, 'aws, own, or the ARN of a key of KMS'],
    ['door', 'front', 'message or ticket or sub-protocol or iam or none'],
    ['door', 'toString', 'message or ticket or sub-protocol or iam or none'],
    ['graceSeconds', '0', 'a whole number from 1 to 900'],
    ['graceSeconds', '901', 'a whole number from 1 to 900'],
    ['graceSeconds', '1e2', 'a whole number from 1 to 900'],
    ['graceSeconds', 1.5, 'a whole number from 1 to 900'],
    ['graceSeconds', '', 'a whole number from 1 to 900'],
    ['retentionHours', '169', 'a whole number from 1 to 168'],
    ['eventsKeptDays', '0', 'a whole number from 1 to 3650'],
    ['epoch', 'a#b', '1 to 32 letters, digits, "_" or "-"'],
    ['allowedOrigins', 'https://a.example/', `${origins}, or *`],
    ['topics', 'user/**', 'topics or patterns such as news/**, parted by commas'],
    ['topics', 'a b', 'topics or patterns such as news/**, parted by commas'],
    ['allowedOrigins', 'a.example', `${origins}, or *`],
    ['allowedOrigins', 'https://A.example', `${origins}, or *`],
    ['allowedOrigins', 'https://a.example,*', `${origins}, or *`],
    ['sessionsPerUser', '501', 'a whole number from 1 to 500'],
    ['sessionsPerUser', '0', 'a whole number from 1 to 500'],
    ['connectionsPerSession', '101', 'a whole number from 1 to 100'],
    ['connectsPerAddress', '1000001', 'a whole number from 0 to 1000000'],
    ['allowedAddresses', '10.0.0.0/33', networks],
    ['allowedAddresses', '10.0.0/8', networks],
    ['allowedAddresses', '::/129', networks],
    ['allowedAddresses', '1.2.3.4/8/8', networks],
    ['deniedAddresses', 'fe80::1%eth0', networks],
    ['deniedAddresses', 'shop.example', networks],
    ['throttleRate', '10001', 'a whole number from 1 to 10000'],
    ['throttleBurst', 'many', 'a whole number from 1 to 5000'],
    ['logRetentionDays', '2', days],
    ['logRetentionDays', 'ONE_DAY', days],
    ['accessLogs', 'yes', 'true or false'],
    ['samples', 'some', 'all or pet-store or none'],
    ['accessLogs', 'constructor', 'true or false'],
  ])('refuses %s=%j by a sentence with key, value and what is allowed', (name, given, allowed) => {
    const sentence = `switchboard:${name} is ${JSON.stringify(given)}: it must be ${allowed}.`;
    expect(() => configOf({ [name]: given })).toThrow(new Mistake(sentence));
  });

  it('refuses every page in production', () => {
    const choices = { environment: 'production', allowedOrigins: '*' };
    const sentence = `switchboard:allowedOrigins is "*": it must be ${origins}.`;
    expect(() => configOf(choices)).toThrow(new Mistake(sentence));
  });

  it('refuses a key of ours that it does not know, and names those that it does', () => {
    expect(() => configOf({ dor: 'none' })).toThrow(
      /^switchboard:dor is not a setting: there are environment, door, .*allowedOrigins\.$/,
    );
  });
});
