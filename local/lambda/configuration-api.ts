import type { AwsAnswer, AwsCall, StageContext } from '../service.ts';
import { arnOf } from './invoke-api.ts';
import { type FunctionSettings, runtime } from './settings.ts';

/** Lambda's `GetFunctionConfiguration`, by which an operator sees what a function really runs with; undefined for others. */
export function answerConfiguration(
  call: AwsCall,
  context: StageContext,
  settingsAt: (functionArn: string) => FunctionSettings,
): AwsAnswer | undefined {
  const { pathname, searchParams } = new URL(call.url, 'http://lambda');
  const [, named] = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(pathname) ?? [];
  if (named === undefined || call.method !== 'GET') return undefined;
  const functionArn = arnOf(decodeURIComponent(named), searchParams.get('Qualifier'), context);
  context.access.demand(call.principal, 'lambda:GetFunctionConfiguration', functionArn);
  const settings = settingsAt(functionArn);
  const { id, arn, handler, timeoutMs, memoryMb, variables, logFormat, logGroup } = settings;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      FunctionName: id,
      FunctionArn: arn,
      Runtime: runtime,
      Handler: handler,
      Timeout: timeoutMs / 1000,
      MemorySize: memoryMb,
      Version: '$LATEST',
      ...(Object.keys(variables).length > 0 && { Environment: { Variables: variables } }),
      LoggingConfig: { LogFormat: logFormat, LogGroup: logGroup },
    }),
    on: settings.logicalId,
  };
}
