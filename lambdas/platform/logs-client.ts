import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
  type StartQueryCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';

/** A file of its own, to be loaded when it is needed: of the SDK's client the bundle then has these parts alone. */
export function openLogsClient() {
  const client = new CloudWatchLogsClient({});
  return {
    start: (query: StartQueryCommandInput) => client.send(new StartQueryCommand(query)),
    results: (queryId: string | undefined) => client.send(new GetQueryResultsCommand({ queryId })),
  };
}
