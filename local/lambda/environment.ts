import { awsEnvironment } from '../aws-environment.ts';
import type { Session, StageContext } from '../service.ts';
import type { FunctionSettings } from './settings.ts';

/**
 * Everything that a function's process finds in `process.env`, and nothing else: its own variables
 * under those that Lambda reserves.
 */
export function environmentFor(
  settings: FunctionSettings,
  { region, ports }: StageContext,
  logStream: string,
  session: Session,
): Record<string, string> {
  return {
    ...settings.variables,
    ...awsEnvironment(`http://127.0.0.1:${ports.aws}`, region),
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: settings.id,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: settings.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_LOG_FORMAT: settings.logFormat,
    ...(settings.logFormat === 'JSON' ? { AWS_LAMBDA_LOG_LEVEL: settings.logLevel } : {}),
    LAMBDA_TASK_ROOT: settings.folder,
    _HANDLER: settings.handler,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    ...session.environment,
  };
}
