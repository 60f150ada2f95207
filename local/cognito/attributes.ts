import { invalidParameter, isObject } from './input.ts';

/** Which attributes a pool's users may have. `custom:` stands before those of the pool's own. */
export interface AttributeSchema {
  readonly known: ReadonlySet<string>;
  readonly required: readonly string[];
}

/** As on the wire: `[{ Name, Value }]`. */
interface WireAttribute {
  readonly Name: string;
  readonly Value: string;
}

export type Attributes = Readonly<Record<string, string>>;

const STANDARD = [
  ...['address', 'birthdate', 'email', 'email_verified', 'family_name', 'gender', 'given_name'],
  ...['locale', 'middle_name', 'name', 'nickname', 'phone_number', 'phone_number_verified'],
  ...['picture', 'preferred_username', 'profile', 'updated_at', 'website', 'zoneinfo'],
];

export function readAttributeSchema(schema: unknown): AttributeSchema {
  const known = new Set(STANDARD);
  const required: string[] = [];
  for (const entry of Array.isArray(schema) ? schema : []) {
    if (!isObject(entry) || typeof entry.Name !== 'string') continue;
    const name = STANDARD.includes(entry.Name) ? entry.Name : `custom:${entry.Name}`;
    known.add(name);
    if (entry.Required === true) required.push(name);
  }
  return { known, required };
}

/** The attributes of a request. Throws an InvalidParameterException for one that the pool does not know. */
export function readAttributes(value: unknown, schema: AttributeSchema): Attributes {
  const attributes: Record<string, string> = {};
  for (const entry of Array.isArray(value) ? value : []) {
    if (!isObject(entry) || typeof entry.Name !== 'string') {
      throw invalidParameter('Each of UserAttributes needs a Name.');
    }
    if (!schema.known.has(entry.Name)) {
      throw doesNotConform(entry.Name, 'Attribute does not exist in the schema.');
    }
    attributes[entry.Name] = String(entry.Value ?? '');
  }
  return attributes;
}

/** Throws an InvalidParameterException for the first required attribute that is missing. */
export function demandRequired(attributes: Attributes, schema: AttributeSchema): void {
  const missing = schema.required.find((name) => !attributes[name]);
  if (missing) throw doesNotConform(missing, 'The attribute is required');
}

function doesNotConform(name: string, why: string) {
  return invalidParameter(`Attributes did not conform to the schema: ${name}: ${why}`);
}

export function toWire(sub: string, attributes: Attributes): WireAttribute[] {
  const rest = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  return [...rest, { Name: 'sub', Value: sub }];
}
