/** The services whose SDK clients are sent to the stage, as the SDKs spell them in variables. */
const SERVICES = [
  'DYNAMODB',
  'SQS',
  'LAMBDA',
  'EVENTBRIDGE',
  'COGNITO_IDENTITY_PROVIDER',
  'SFN',
  'CLOUDWATCH',
  'CLOUDWATCH_LOGS',
];

/** The variables by which any AWS SDK, and the AWS CLI, finds the stage instead of AWS. */
export function awsEnvironment(awsUrl: string, region: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...Object.fromEntries(SERVICES.map((service) => [`AWS_ENDPOINT_URL_${service}`, awsUrl])),
  };
}
