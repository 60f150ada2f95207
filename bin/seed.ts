import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { GenerateInvitationAnswer } from '../contract/internal.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import type { PetRow } from '../sample/pet-store/rows.ts';

/** A sample person, as the page signs them in. The password holds until the next start. */
interface SampleUser {
  readonly name: string;
  readonly userName: string;
  readonly password: string;
}

/** What the page has to know besides the stage's own facts. */
export interface Seeded {
  /** Those who have a pane in the playground. */
  readonly users: readonly SampleUser[];
  /** As whom the page listens for who comes and goes, so that listening changes nobody's presence. */
  readonly watcher: SampleUser;
  /** For whoever tries to sign up: a new one at each start, good for one account. */
  readonly invitation: GenerateInvitationAnswer;
}

const people = ['Joe', 'Sam'];
const watcher = 'Desk';
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
 * Makes Joe, Sam, their pets and an invitation through the ordinary SDKs. Harmless when repeated: people
 * get a new password, pets that are there stay as they are. Gives what the page has to know.
 */
export async function seed(outputs: Outputs, environment: Environment): Promise<Seeded> {
  const output = (name: string): string => {
    const value = Object.values(outputs).find((stack) => stack[name] !== undefined)?.[name];
    if (value === undefined) throw new Error(`No stack has the output ${name}.`);
    return value;
  };
  const [everybody, invitation] = await Promise.all([
    seedPeople(output('UserPoolId'), environment),
    invite(output('GenerateInvitationFunctionName'), environment),
    seedPets(output('PetsTableName'), environment),
  ]);
  return { ...everybody, invitation };
}

async function seedPeople(
  pool: string,
  environment: Environment,
): Promise<Pick<Seeded, 'users' | 'watcher'>> {
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
    const [watching, ...users] = await Promise.all([
      seedPerson(watcher),
      ...people.map(seedPerson),
    ]);
    return { users, watcher: watching };
  } finally {
    cognito.destroy();
  }
}

/** As a coupled service would have one made [S0-05]. */
async function invite(
  FunctionName: string,
  environment: Environment,
): Promise<GenerateInvitationAnswer> {
  const lambda = new LambdaClient(clientOptions('LAMBDA', environment));
  try {
    const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
    const said = Payload?.transformToString() ?? '';
    const answer: Partial<GenerateInvitationAnswer> = FunctionError ? {} : JSON.parse(said);
    const { inviteCode, expiresAt } = answer;
    if (!inviteCode || !expiresAt) throw new Error(`No invitation could be made: ${said}`);
    return { inviteCode, expiresAt };
  } finally {
    lambda.destroy();
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
