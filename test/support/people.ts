import { randomUUID } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Place } from './place.ts';

/** How the operator's SDK clients find the stage. */
export const operatorOptions = ({ urls, environment }: Place) => ({
  endpoint: urls.aws,
  region: environment.AWS_REGION ?? '',
  credentials: {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
  },
});

export const operatorDocuments = (place: Place): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(operatorOptions(place)));

export interface Person {
  readonly userName: string;
  readonly password: string;
  readonly token: string;
  readonly idToken: string;
  readonly userId: string;
}

/** A new user of the real pool, in these tenants' groups, signed in. */
export const newPerson = (place: Place, ...tenants: readonly string[]): Promise<Person> =>
  newMember(
    place,
    tenants.map((tenant) => `tenant:${tenant}`),
  );

/** A new user of the real pool, in these groups, signed in. */
export async function newMember(place: Place, groups: readonly string[]): Promise<Person> {
  const cognito = new CognitoIdentityProviderClient(operatorOptions(place));
  const UserPoolId = place.outputs.UserPoolId;
  const Username = `person-${randomUUID()}`;
  const Password = `Aa1!${randomUUID()}`;
  await cognito.send(
    new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }),
  );
  await cognito.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }),
  );
  for (const GroupName of groups) {
    await cognito.send(new CreateGroupCommand({ UserPoolId, GroupName })).catch((fault: Error) => {
      if (fault.name !== 'GroupExistsException') throw fault;
    });
    await cognito.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
  }
  return signIn(place, Username, Password);
}

export async function signIn(place: Place, userName: string, password: string): Promise<Person> {
  const cognito = new CognitoIdentityProviderClient(operatorOptions(place));
  const { AuthenticationResult } = await cognito.send(
    new InitiateAuthCommand({
      ClientId: place.outputs.UserPoolClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: userName, PASSWORD: password },
    }),
  );
  const token = AuthenticationResult?.AccessToken ?? '';
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const idToken = AuthenticationResult?.IdToken ?? '';
  return { userName, password, token, idToken, userId: claims.sub };
}
