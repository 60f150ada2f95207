import type { Assembly, Resource } from '../service.ts';
import { type AttributeSchema, readAttributeSchema } from './attributes.ts';
import { type Input, isObject } from './input.ts';
import { type PasswordPolicy, readPasswordPolicy } from './password.ts';

/** A user pool as the template describes it. */
export interface Pool {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly issuer: string;
  readonly policy: PasswordPolicy;
  readonly schema: AttributeSchema;
  readonly onlyAdminsCreateUsers: boolean;
  readonly usernamesAreCaseSensitive: boolean;
  /** Attributes that a user may sign in with besides the username. */
  readonly aliases: readonly string[];
  /** The attribute that is given in place of a username (`email`): the username is then the `sub`. */
  readonly usernameAttributes: readonly string[];
  readonly templateGroups: readonly TemplateGroup[];
}

interface TemplateGroup {
  readonly name: string;
  readonly description?: string;
  readonly precedence?: number;
}

export function readPools(assembly: Assembly, region: string): readonly Pool[] {
  return assembly.ofType('AWS::Cognito::UserPool').map((resource) => {
    refuseWhatIsMissingHere(resource);
    const { properties } = resource;
    const policies = section(properties, 'Policies');
    const usernameAttributes = strings(properties.UsernameAttributes);
    return {
      id: resource.id,
      arn: resource.arn,
      name: String(properties.UserPoolName ?? resource.logicalId),
      issuer: `https://cognito-idp.${region}.amazonaws.com/${resource.id}`,
      policy: readPasswordPolicy(section(policies, 'PasswordPolicy')),
      schema: readAttributeSchema(properties.Schema),
      onlyAdminsCreateUsers:
        section(properties, 'AdminCreateUserConfig').AllowAdminCreateUserOnly === true,
      usernamesAreCaseSensitive:
        section(properties, 'UsernameConfiguration').CaseSensitive === true,
      aliases: [...strings(properties.AliasAttributes), ...usernameAttributes],
      usernameAttributes,
      templateGroups: groupsOf(assembly, resource.id),
    };
  });
}

function groupsOf(assembly: Assembly, poolId: string): TemplateGroup[] {
  return assembly
    .ofType('AWS::Cognito::UserPoolGroup')
    .filter(({ properties }) => properties.UserPoolId === poolId)
    .map(({ id, properties }) => ({
      name: String(properties.GroupName ?? id),
      ...(typeof properties.Description === 'string' && { description: properties.Description }),
      ...(properties.Precedence !== undefined && { precedence: Number(properties.Precedence) }),
    }));
}

/** Better no pool than one that is kinder than the real one. */
function refuseWhatIsMissingHere({ path, properties }: Resource): void {
  const triggers = Object.keys(section(properties, 'LambdaConfig'));
  if (triggers.length > 0) {
    throw new Error(
      `${path} has Lambda triggers (${triggers.join(', ')}), which the local stage does not call: ` +
        'take them out of the template, or try this pool on AWS.',
    );
  }
  if (properties.MfaConfiguration === 'ON') {
    throw new Error(
      `${path} demands MFA, which the local stage does not have: set it to OPTIONAL or OFF.`,
    );
  }
}

export function section(properties: Input, name: string): Input {
  const value = properties[name];
  return isObject(value) ? value : {};
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
