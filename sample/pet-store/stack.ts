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
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Verb } from '../../contract/functions.ts';
import { BundledFunction } from '../../lib/constructs/bundled-function.ts';
import { tableRights } from '../../lib/constructs/right.ts';
import type { Switchboard } from '../../lib/constructs/switchboard.ts';
import { operations, PET_TOPIC } from './operations.ts';
import { PETS_TABLE_VARIABLE, type PetRow } from './rows.ts';

const sources = {
  ListPets: 'sample/pet-store/list-pets',
  GetPet: 'sample/pet-store/get-pet',
  UpdatePet: 'sample/pet-store/update-pet',
} as const;

/** For `bundle`, which comes before the stack. */
export const petStoreEntries = Object.values(sources);

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

    const listPets = this.petFunction('ListPets', ['query']);
    const getPet = this.petFunction('GetPet', ['get']);
    const updatePet = this.petFunction('UpdatePet', ['get', 'put']);
    switchboard.grantPublish(updatePet);
    switchboard.allowTopics(PET_TOPIC);

    this.route(switchboard, operations.listPets, listPets);
    this.route(switchboard, operations.getPet, getPet);
    this.route(switchboard, operations.updatePet, updatePet);

    new CfnOutput(this, 'PetsTableName', { value: this.pets.tableName });
  }

  /** A function that knows the table of pets, and may do exactly this to it. */
  private petFunction(id: keyof typeof sources, verbs: readonly Verb[]): BundledFunction {
    return new BundledFunction(this, id, {
      entry: sources[id],
      description: `Switchboard's sample store: ${id}.`,
      timeoutSeconds: 10,
      memoryMb: 512,
      environment: { [PETS_TABLE_VARIABLE]: this.pets.tableName },
      rights: tableRights(this.pets.tableArn, verbs),
    });
  }

  private route(
    { httpApi, authorizer }: Switchboard,
    { method, path }: { readonly method: keyof typeof HttpMethod; readonly path: string },
    handler: IFunction,
  ): void {
    new HttpRoute(this, `${handler.node.id}Route`, {
      httpApi,
      authorizer,
      routeKey: HttpRouteKey.with(path, HttpMethod[method]),
      integration: new HttpLambdaIntegration('Integration', handler),
    });
  }
}

const key = (name: keyof PetRow): Attribute => ({ name, type: AttributeType.STRING });
