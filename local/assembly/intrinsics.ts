/** What the intrinsic functions of one template may ask about their surroundings. */
export interface Scope {
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapped(map: string, first: string, second: string): unknown;
  exported(name: string): unknown;
  outputOf(stack: string, output: string): unknown;
  /** Stops the resolution with a sentence that begins with where this is: `{place} {what}`. */
  refuse(what: string): never;
}

/** `AWS::NoValue`: the property or list item is as if it had not been written. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

/** The value with every intrinsic function in it resolved. Pure: the same scope gives the same answer. */
export function resolveValue(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') {
    if (value.includes('{{resolve:'))
      scope.refuse(
        `holds the dynamic reference ${value}, which only a deployment can look up: use a value that stands in the template.`,
      );
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => resolveValue(item, scope)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (
    entries.length === 1 &&
    only !== undefined &&
    (only[0] === 'Ref' || only[0].startsWith('Fn::'))
  ) {
    const intrinsic = INTRINSICS[only[0]];
    if (intrinsic === undefined) {
      scope.refuse(
        `uses ${only[0]}, which the stage cannot resolve: teach it to local/assembly/intrinsics.ts, or leave the resource out of a stage build.`,
      );
    }
    return intrinsic(only[1], scope);
  }
  return Object.fromEntries(
    entries
      .map(([key, item]) => [key, resolveValue(item, scope)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  );
}

/** A condition of the template: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `{ Condition: name }`. */
export function resolveCondition(condition: unknown, scope: Scope): boolean {
  const [name, argument] = Object.entries(Object(condition))[0] ?? [];
  const operands = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Condition':
      return scope.condition(String(argument));
    case 'Fn::Equals': {
      const [left, right] = operands.map((operand) => resolveValue(operand, scope));
      return String(left) === String(right);
    }
    case 'Fn::And':
      return operands.every((operand) => resolveCondition(operand, scope));
    case 'Fn::Or':
      return operands.some((operand) => resolveCondition(operand, scope));
    case 'Fn::Not':
      return !resolveCondition(operands[0], scope);
    default:
      return scope.refuse(
        `has a condition of the form ${name}, which the stage cannot judge: teach it to local/assembly/intrinsics.ts.`,
      );
  }
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => scope.ref(String(argument)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...attribute] = Array.isArray(argument)
      ? argument
      : String(argument).split('.');
    return scope.attribute(String(logicalId), attribute.map((part) => text(part, scope)).join('.'));
  },
  'Fn::Join': (argument, scope) => {
    const [separator, items] = list(argument, scope);
    return list(items, scope)
      .map((item) => text(item, scope))
      .join(text(separator, scope));
  },
  'Fn::Sub': (argument, scope) => {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return substitute(String(template), Object(variables), scope);
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = list(argument, scope);
    const choices = list(items, scope);
    const choice = choices[Number(index)];
    return (
      choice ??
      scope.refuse(`selects item ${index} of ${choices.length}: Fn::Select counts from 0.`)
    );
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = list(argument, scope);
    return text(source, scope).split(text(separator, scope));
  },
  'Fn::If': (argument, scope) => {
    const [condition, whenTrue, whenFalse] = Array.isArray(argument) ? argument : [];
    return resolveValue(scope.condition(String(condition)) ? whenTrue : whenFalse, scope);
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = list(argument, scope).map((key) => text(key, scope));
    return scope.mapped(String(map), String(first), String(second));
  },
  'Fn::Base64': (argument, scope) => Buffer.from(text(argument, scope)).toString('base64'),
  'Fn::ImportValue': (argument, scope) => scope.exported(text(argument, scope)),
  // What CDK writes for its "weak" references between stacks.
  'Fn::GetStackOutput': (argument, scope) => {
    const { StackName, OutputName } = Object(resolveValue(argument, scope));
    return scope.outputOf(String(StackName), String(OutputName));
  },
};

function list(value: unknown, scope: Scope): readonly unknown[] {
  const resolved = resolveValue(value, scope);
  return Array.isArray(resolved)
    ? resolved
    : scope.refuse(`has ${JSON.stringify(value)} where a list must stand.`);
}

function text(value: unknown, scope: Scope): string {
  const resolved = resolveValue(value, scope);
  return typeof resolved === 'object' || typeof resolved === 'symbol' || resolved === undefined
    ? scope.refuse(`has ${JSON.stringify(value)} where text must stand.`)
    : String(resolved);
}

/** `${Name}`, `${Resource.Attribute}` and `${!Literal}`. */
function substitute(template: string, variables: Record<string, unknown>, scope: Scope): string {
  return template.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return text(variables[name], scope);
    return text(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name }, scope);
  });
}
