import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { BundledFunction } from '../../lib/constructs/bundled-function.ts';
import type { Switchboard } from '../../lib/constructs/switchboard.ts';
import { PETS_TABLE_VARIABLE, type PetRow } from './rows.ts';

const FOLDER = 'sample/pet-store';

/** The sources of its functions: `bundle` takes them before the stack is made. */
export const petStoreEntries = ['list-pets', 'get-pet', 'update-pet'].map(entryOf);

export interface PetStoreStackProps extends StackProps {
  readonly switchboard: Switchboard;
  /** What becomes of the pets when the stack goes; other than DESTROY, they are also protected. */
  readonly removalPolicy: RemovalPolicy;
}

/** [S1-14] A store of pets whose pages change as the pets do: the example of how to use Switchboard. */
export class PetStoreStack extends Stack {
  private readonly pets: Table;

  constructor(scope: Construct, id: string, props: PetStoreStackProps) {
    super(scope, id, props);
    const { switchboard, removalPolicy } = props;
    this.pets = new Table(this, 'Pets', {
      partitionKey: key('tenant'),
      sortKey: key('petId'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    });

    const listPets = this.petFunction('ListPets', 'list-pets', 'dynamodb:Query');
    const getPet = this.petFunction('GetPet', 'get-pet', 'dynamodb:GetItem');
    const updatePet = this.petFunction('UpdatePet', 'update-pet', 'dynamodb:UpdateItem');
    switchboard.grantPublish(updatePet);

    const route = (method: HttpMethod, path: string, handler: Function) =>
      new HttpRoute(this, `${handler.node.id}Route`, {
        httpApi: switchboard.httpApi,
        authorizer: switchboard.authorizer,
        routeKey: HttpRouteKey.with(path, method),
        integration: new HttpLambdaIntegration('Integration', handler),
      });
    route(HttpMethod.GET, '/pets', listPets);
    route(HttpMethod.GET, '/pets/{petId}', getPet);
    route(HttpMethod.PUT, '/pets/{petId}', updatePet);

    new CfnOutput(this, 'PetsTableName', { value: this.pets.tableName });
  }

  /** A function that knows the table of pets, and may do one thing to it. */
  private petFunction(id: string, file: string, action: string): BundledFunction {
    return new BundledFunction(this, id, {
      entry: entryOf(file),
      description: `Pet store: ${file}.`,
      timeoutSeconds: 10,
      memoryMb: 512,
      environment: { [PETS_TABLE_VARIABLE]: this.pets.tableName },
      rights: [{ actions: [action], resources: [this.pets.tableArn] }],
    });
  }
}

const key = (name: keyof PetRow): Attribute => ({ name, type: AttributeType.STRING });

function entryOf(file: string): string {
  return `${FOLDER}/${file}`;
}
