import type { StackTemplate, Template, TemplateResource } from './cloud-assembly.ts';
import { NO_VALUE, resolveCondition, resolveValue, type Scope } from './intrinsics.ts';
import { physicalName, token, uuid } from './names.ts';
import type { Named, ResourceType } from './naming.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

/** Where the stage stands in for AWS. */
export interface Place {
  readonly region: string;
  readonly account: string;
  /** Where the stage's AWS endpoint listens: `http://127.0.0.1:8790`. */
  readonly awsUrl: string;
}

/** What one stack may read of the others. */
export interface OtherStacks {
  exported(name: string): unknown;
  outputOf(stack: string, output: string): unknown;
}

/** One template with the questions that can be asked about it; answers are worked out once and kept. */
export interface StackScope {
  readonly name: string;
  readonly template: Template;
  holds(part: { readonly Condition?: string }): boolean;
  resource(logicalId: string): Named;
  /** `where` leads the sentence of a refusal. */
  resolve(value: unknown, where: string): unknown;
}

export const pathOf = (stack: string, logicalId: string, resource: TemplateResource) =>
  String(resource.Metadata?.['aws:cdk:path'] ?? `${stack}/${logicalId}`);

export function createStackScope(
  { name: stack, template }: StackTemplate,
  place: Place,
  others: OtherStacks,
): StackScope {
  const resources = new Map<string, Named>();
  const conditions = new Map<string, boolean>();
  const underway = new Set<string>();

  /** Answers each question once, and stops at one whose answer asks for itself. */
  const once = <T>(answers: Map<string, T>, question: string, answer: () => T): T => {
    const known = answers.get(question);
    if (known !== undefined) return known;
    if (underway.has(question)) {
      throw new Error(
        `${question} in stack ${stack} depends on itself: break the circle in the CDK app.`,
      );
    }
    underway.add(question);
    const found = answer();
    underway.delete(question);
    answers.set(question, found);
    return found;
  };

  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': place.account,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': NO_VALUE,
    'AWS::Partition': 'aws',
    'AWS::Region': place.region,
    'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.account}:stack/${stack}/${uuid(stack)}`,
    'AWS::StackName': stack,
    'AWS::URLSuffix': 'amazonaws.com',
  };

  const scopeAt = (where: string): Scope => {
    const refuse = (what: string): never => {
      throw new Error(`${where} in stack ${stack} ${what}`);
    };
    return {
      refuse,
      ref: (name) => {
        if (Object.hasOwn(pseudo, name)) return pseudo[name];
        if (template.Parameters?.[name] !== undefined) return parameter(name, refuse);
        return find(name, refuse).id;
      },
      attribute: (logicalId, attribute) => {
        const resource = find(logicalId, refuse);
        const type = template.Resources?.[logicalId]?.Type ?? '';
        const read = RESOURCE_TYPES[type]?.attributes?.[attribute];
        return (
          read?.(resource) ??
          refuse(
            `reads the attribute ${attribute} of ${logicalId} (${type}), which the stage does not know: add it to that type in local/assembly/resource-types.ts.`,
          )
        );
      },
      condition: (name) => {
        const condition = template.Conditions?.[name];
        if (condition === undefined)
          refuse(`names the condition ${name}, which the template does not have.`);
        return once(conditions, `Condition ${name}`, () =>
          resolveCondition(condition, scopeAt(`Condition ${name}`)),
        );
      },
      mapped: (map, first, second) =>
        template.Mappings?.[map]?.[first]?.[second] ??
        refuse(`looks up ${map}.${first}.${second}, which the template's mappings do not have.`),
      exported: (name) =>
        others.exported(name) ??
        refuse(
          `imports ${name}, which no stack of the assembly exports: synthesize the stack that does, too.`,
        ),
      outputOf: (other, output) =>
        others.outputOf(other, output) ??
        refuse(
          `reads the output ${output} of stack ${other}, which the assembly does not have: synthesize that stack, too.`,
        ),
    };
  };

  const parameter = (name: string, refuse: (what: string) => never): unknown => {
    const declared = template.Parameters?.[name];
    const value = declared?.Default;
    if (value === undefined || declared?.Type.startsWith('AWS::SSM::')) {
      return refuse(
        `needs the parameter ${name}, which only a deployment can fill in: give it a default, or use CDK context instead.`,
      );
    }
    const isList = declared?.Type === 'CommaDelimitedList' || declared?.Type.startsWith('List<');
    return isList
      ? String(value)
          .split(',')
          .map((item) => item.trim())
      : String(value);
  };

  const holds = (part: { readonly Condition?: string }) =>
    part.Condition === undefined || scopeAt('A resource or output').condition(part.Condition);

  const find = (logicalId: string, refuse: (what: string) => never): Named => {
    const resource = template.Resources?.[logicalId];
    if (resource === undefined)
      return refuse(`refers to ${logicalId}, which the template does not have.`);
    if (!holds(resource))
      return refuse(
        `refers to ${logicalId}, which its condition ${resource.Condition} leaves out.`,
      );
    return once(resources, logicalId, () => name(logicalId, resource));
  };

  const name = (logicalId: string, resource: TemplateResource): Named => {
    const path = pathOf(stack, logicalId, resource);
    const type: ResourceType | undefined = RESOURCE_TYPES[resource.Type];
    if (type === undefined) {
      throw new Error(
        `The stage cannot run ${resource.Type} (${path}, ${logicalId} in stack ${stack}): teach local/assembly/resource-types.ts what it is, or leave it out of a stage build.`,
      );
    }
    const seed = `${stack}/${logicalId}`;
    const scope = scopeAt(`${path} (${resource.Type})`);
    const naming = {
      ...place,
      logicalId,
      generated: physicalName(stack, logicalId),
      given: (property: string) => {
        const value = resolveValue(resource.Properties?.[property], scope);
        return value === undefined || value === NO_VALUE ? undefined : String(value);
      },
      token: (length: number) => token(seed, length),
      uuid: uuid(seed),
    };
    const identified = { ...naming, id: type.ref(naming) };
    return { ...identified, arn: type.arn?.(identified) ?? '' };
  };

  return {
    name: stack,
    template,
    holds,
    resource: (logicalId) =>
      find(logicalId, (what) => {
        throw new Error(`Stack ${stack} ${what}`);
      }),
    resolve: (value, where) => resolveValue(value, scopeAt(where)),
  };
}
