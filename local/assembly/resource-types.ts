import {
  arn,
  generated,
  id,
  type Named,
  type Naming,
  named,
  type ResourceType,
  regional,
  token,
  uuid,
} from './naming.ts';

/** The label of every table's stream. AWS takes the time at which the stream was switched on. */
const STREAM_LABEL = '2026-01-01T00:00:00.000';

const queueName = (resource: Naming) =>
  resource.given('QueueName') ??
  (resource.given('FifoQueue') === 'true' ? `${resource.generated}.fifo` : resource.generated);

const issuerHost = (pool: Named) => `cognito-idp.${pool.region}.amazonaws.com/${pool.id}`;

/** On the default bus a rule's `Ref` is its name, on any other `bus|name` (D, AWS::Events::Rule). */
const ruleName = named('Name');
const busOf = (rule: Naming) => {
  const bus = rule.given('EventBusName')?.split('/').at(-1);
  return bus === 'default' ? undefined : bus;
};

const stateMachineName = named('StateMachineName');

const RUNS: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': {
    ref: named('TableName'),
    arn: regional('dynamodb', 'table/'),
    attributes: { Arn: arn, StreamArn: (table) => `${table.arn}/stream/${STREAM_LABEL}` },
  },
  'AWS::Lambda::Function': {
    ref: named('FunctionName'),
    arn: regional('lambda', 'function:'),
    attributes: { Arn: arn },
  },
  'AWS::Lambda::EventSourceMapping': {
    ref: uuid,
    arn: regional('lambda', 'event-source-mapping:'),
    attributes: { Id: id, EventSourceMappingArn: arn },
  },
  'AWS::Lambda::EventInvokeConfig': { ref: generated },
  'AWS::SQS::Queue': {
    ref: (queue) => `${queue.awsUrl}/${queue.account}/${queueName(queue)}`,
    arn: (queue) => `arn:aws:sqs:${queue.region}:${queue.account}:${queueName(queue)}`,
    attributes: { Arn: arn, QueueUrl: id, QueueName: queueName },
  },
  'AWS::ApiGatewayV2::Api': {
    ref: token(10),
    arn: (api) => `arn:aws:apigateway:${api.region}::/apis/${api.id}`,
    attributes: {
      ApiId: id,
      ApiEndpoint: (api) => {
        const scheme = api.given('ProtocolType') === 'WEBSOCKET' ? 'wss' : 'https';
        return `${scheme}://${api.id}.execute-api.${api.region}.amazonaws.com`;
      },
    },
  },
  'AWS::ApiGatewayV2::Stage': { ref: named('StageName') },
  'AWS::ApiGatewayV2::Route': { ref: token(7), attributes: { RouteId: id } },
  'AWS::ApiGatewayV2::RouteResponse': { ref: token(7), attributes: { RouteResponseId: id } },
  'AWS::ApiGatewayV2::Integration': { ref: token(7), attributes: { IntegrationId: id } },
  'AWS::ApiGatewayV2::IntegrationResponse': {
    ref: token(7),
    attributes: { IntegrationResponseId: id },
  },
  'AWS::ApiGatewayV2::Authorizer': { ref: token(6), attributes: { AuthorizerId: id } },
  'AWS::Cognito::UserPool': {
    ref: (pool) => `${pool.region}_${pool.token(9)}`,
    arn: regional('cognito-idp', 'userpool/'),
    attributes: {
      Arn: arn,
      UserPoolId: id,
      ProviderName: issuerHost,
      ProviderURL: (pool) => `https://${issuerHost(pool)}`,
    },
  },
  'AWS::Cognito::UserPoolClient': { ref: token(26), attributes: { ClientId: id } },
  'AWS::Cognito::UserPoolGroup': { ref: named('GroupName') },
  'AWS::Events::EventBus': {
    ref: named('Name'),
    arn: regional('events', 'event-bus/'),
    attributes: { Arn: arn, Name: id },
  },
  'AWS::Events::Rule': {
    ref: (rule) => [busOf(rule), ruleName(rule)].filter(Boolean).join('|'),
    arn: (rule) => {
      const path = ['rule', busOf(rule), ruleName(rule)].filter(Boolean).join('/');
      return `arn:aws:events:${rule.region}:${rule.account}:${path}`;
    },
    attributes: { Arn: arn },
  },
  'AWS::StepFunctions::StateMachine': {
    ref: (machine) =>
      `arn:aws:states:${machine.region}:${machine.account}:stateMachine:${stateMachineName(machine)}`,
    arn: (machine) => machine.id,
    attributes: { Arn: arn, Name: stateMachineName },
  },
  // Read by access/, which stands in for IAM.
  'AWS::IAM::Role': {
    ref: named('RoleName'),
    arn: (role) => `arn:aws:iam::${role.account}:role${role.given('Path') ?? '/'}${role.id}`,
    attributes: { Arn: arn, RoleId: (role) => `AROA${role.token(17).toUpperCase()}` },
  },
  'AWS::IAM::Policy': { ref: named('PolicyName') },
  'AWS::IAM::RolePolicy': { ref: named('PolicyName') },
  'AWS::IAM::ManagedPolicy': {
    ref: (policy) =>
      `arn:aws:iam::${policy.account}:policy${policy.given('Path') ?? '/'}${named('ManagedPolicyName')(policy)}`,
    arn: (policy) => policy.id,
    attributes: { PolicyArn: arn },
  },
  'AWS::Events::EventBusPolicy': { ref: generated },
  'AWS::Lambda::Permission': { ref: generated },
  'AWS::SQS::QueuePolicy': { ref: generated },
};

/** Known, referred to, and nothing of them runs: each stage build may hold any number of them. */
const NOTHING_TO_RUN: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGateway::Account': { ref: generated },
  'AWS::ApiGatewayV2::Deployment': { ref: token(6), attributes: { DeploymentId: id } },
  'AWS::CDK::Metadata': { ref: generated },
  'AWS::CloudWatch::Alarm': {
    ref: named('AlarmName'),
    arn: regional('cloudwatch', 'alarm:'),
    attributes: { Arn: arn },
  },
  'AWS::CloudWatch::CompositeAlarm': {
    ref: named('AlarmName'),
    arn: regional('cloudwatch', 'alarm:'),
    attributes: { Arn: arn },
  },
  'AWS::CloudWatch::Dashboard': { ref: named('DashboardName') },
  'AWS::EventSchemas::Registry': {
    ref: (registry) =>
      `arn:aws:schemas:${registry.region}:${registry.account}:registry/${named('RegistryName')(registry)}`,
    arn: (registry) => registry.id,
    attributes: { RegistryArn: arn, RegistryName: named('RegistryName') },
  },
  'AWS::EventSchemas::Schema': {
    ref: (schema) =>
      `arn:aws:schemas:${schema.region}:${schema.account}:schema/${schema.given('RegistryName')}/${named('SchemaName')(schema)}`,
    arn: (schema) => schema.id,
    attributes: { SchemaArn: arn, SchemaName: named('SchemaName') },
  },
  'AWS::Events::Archive': {
    ref: named('ArchiveName'),
    arn: regional('events', 'archive/'),
    attributes: { Arn: arn, ArchiveName: id },
  },
  'AWS::KMS::Key': {
    ref: uuid,
    arn: regional('kms', 'key/'),
    attributes: { Arn: arn, KeyId: id },
  },
  'AWS::KMS::Alias': { ref: named('AliasName') },
  'AWS::Logs::LogGroup': {
    ref: named('LogGroupName'),
    // With `:*`, as GetAtt gives it (D, AWS::Logs::LogGroup).
    arn: (group) => `arn:aws:logs:${group.region}:${group.account}:log-group:${group.id}:*`,
    attributes: { Arn: arn },
  },
  'AWS::Logs::MetricFilter': { ref: named('FilterName') },
  'AWS::Logs::QueryDefinition': { ref: uuid, attributes: { QueryDefinitionId: id } },
  'AWS::Logs::ResourcePolicy': { ref: named('PolicyName') },
};

/** Every CloudFormation type that the stage knows. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  ...RUNS,
  ...NOTHING_TO_RUN,
};
