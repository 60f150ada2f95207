import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { DEFAULT_TENANT } from '../contract/names.ts';
import type { PetRow } from '../sample/pet-store/rows.ts';

/** A sample person, as the page signs them in. The password holds until the next start. */
interface SampleUser {
  readonly name: string;
  readonly userName: string;
  readonly password: string;
}

const people = ['Joe', 'Sam'];
const pets: readonly Omit<PetRow, 'tenant' | 'version'>[] = [
  { petId: 'luna', name: 'Luna', kind: 'cat', price: 120 },
  { petId: 'rex', name: 'Rex', kind: 'dog', price: 240 },
  { petId: 'kiwi', name: 'Kiwi', kind: 'parrot', price: 95 },
  { petId: 'shelly', name: 'Shelly', kind: 'tortoise', price: 60 },
  { petId: 'momo', name: 'Momo', kind: 'rabbit', price: 45 },
];

type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;
type Environment = Readonly<Record<string, string>>;

/**
 * Makes Joe, Sam and their pets through the ordinary SDKs. Harmless when repeated: people get a new
 * password, pets that are there stay as they are. Gives what the page has to know.
 */
export async function seed(
  outputs: Outputs,
  environment: Environment,
): Promise<{ users: SampleUser[] }> {
  const output = (name: string): string => {
    const value = Object.values(outputs).find((stack) => stack[name] !== undefined)?.[name];
    if (value === undefined) throw new Error(`No stack has the output ${name}.`);
    return value;
  };
  const [users] = await Promise.all([
    seedPeople(output('UserPoolId'), environment),
    seedPets(output('PetsTableName'), environment),
  ]);
  return { users };
}

async function seedPeople(pool: string, environment: Environment): Promise<SampleUser[]> {
  const cognito = new CognitoIdentityProviderClient(
    clientOptions('COGNITO_IDENTITY_PROVIDER', environment),
  );
  const seedPerson = async (name: string): Promise<SampleUser> => {
    const Username = name.toLowerCase();
    const password = inventPassword();
    const create = { UserPoolId: pool, Username, MessageAction: 'SUPPRESS' } as const;
    await cognito.send(new AdminCreateUserCommand(create)).catch((error: unknown) => {
      if (!(error instanceof UsernameExistsException)) throw error;
    });
    const set = { UserPoolId: pool, Username, Password: password, Permanent: true };
    await cognito.send(new AdminSetUserPasswordCommand(set));
    return { name, userName: Username, password };
  };
  try {
    return await Promise.all(people.map(seedPerson));
  } finally {
    cognito.destroy();
  }
}

async function seedPets(TableName: string, environment: Environment): Promise<void> {
  const client = new DynamoDBClient(clientOptions('DYNAMODB', environment));
  const documents = DynamoDBDocumentClient.from(client);
  const seedPet = async (pet: (typeof pets)[number]): Promise<void> => {
    const Item: PetRow = { tenant: DEFAULT_TENANT, ...pet, version: 1 };
    const ConditionExpression = 'attribute_not_exists(petId)';
    await documents
      .send(new PutCommand({ TableName, Item, ConditionExpression }))
      .catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
  };
  try {
    await Promise.all(pets.map(seedPet));
  } finally {
    client.destroy();
  }
}

/** The stage's own endpoint and credentials, never those that happen to be in this shell. */
function clientOptions(service: string, environment: Environment) {
  const value = (name: string): string => {
    const found = environment[name];
    if (found === undefined) throw new Error(`The environment has no ${name}.`);
    return found;
  };
  const sessionToken = environment.AWS_SESSION_TOKEN;
  return {
    region: value('AWS_REGION'),
    endpoint: value(`AWS_ENDPOINT_URL_${service}`),
    credentials: {
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken ? { sessionToken } : {}),
    },
  };
}

/** 144 random bits, and one character of each kind that a policy of Cognito can demand. */
const inventPassword = (): string => `${randomBytes(18).toString('base64url')}aA1!`;
