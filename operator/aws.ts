import { userInfo } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Refused } from './errors.ts';
import type { Place } from './place.ts';

/** Who does it, for the audit log: the name at this machine, since AWS tells a function no other. */
const actor = (): string => `${userInfo().username} (command line)`;

async function invoke({ aws }: Place, FunctionName: string, payload: object): Promise<unknown> {
  const lambda = new LambdaClient(aws);
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify({ actor: actor(), ...payload }) }),
  );
  const answer = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError) throw new Refused(answer?.errorMessage ?? 'The function failed.');
  return answer;
}

/** Asks the connection manager; gives the body of a 200. */
export async function manage<Body>(place: Place, action: string, request: object): Promise<Body> {
  const name = place.output('ConnectionManagerFunctionName');
  const { statusCode, body } = (await invoke(place, name, { action, ...request })) as {
    statusCode: number;
    body: Body & { message?: string };
  };
  if (statusCode !== 200) throw new Refused(`${body.message} (${statusCode})`);
  return body;
}

/** Asks another internal function, by its output. */
export async function ask<Answer>(place: Place, output: string, request: object): Promise<Answer> {
  const answer = (await invoke(place, place.output(output), request)) as Answer & {
    refused?: { message: string };
  };
  if (answer.refused) throw new Refused(answer.refused.message);
  return answer;
}

export const openDocuments = ({ aws }: Pick<Place, 'aws'>): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(aws), {
    marshallOptions: { removeUndefinedValues: true },
  });

/** Where `@connections` answers: the address of the sockets, spoken to as HTTP. */
export const socketsEndpoint = (place: Place): string =>
  place.output('WebSocketUrl').replace(/^ws/, 'http');
