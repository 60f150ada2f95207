/** What a resource's names are made from. */
export interface Naming {
  readonly region: string;
  readonly account: string;
  /** Where the stage's AWS endpoint listens: `http://127.0.0.1:8790`. */
  readonly awsUrl: string;
  readonly logicalId: string;
  /** The name CloudFormation would make up. */
  readonly generated: string;
  /** A property as text, resolved; undefined when the template leaves it out. */
  given(property: string): string | undefined;
  /** So many lower-case letters and digits, of this resource alone. */
  token(length: number): string;
  readonly uuid: string;
}

export interface Identified extends Naming {
  /** What `Ref` gives. */
  readonly id: string;
}

export interface Named extends Identified {
  readonly arn: string;
}

export interface ResourceType {
  /** What `Ref` gives. */
  ref(resource: Naming): string;
  /** Left out where AWS knows none. */
  arn?(resource: Identified): string;
  /** What `Fn::GetAtt` gives, by attribute. */
  readonly attributes?: Readonly<Record<string, (resource: Named) => string>>;
}

/** The name the template gives, or one made up. */
export const named = (property: string) => (resource: Naming) =>
  resource.given(property) ?? resource.generated;
export const generated = (resource: Naming) => resource.generated;
export const token = (length: number) => (resource: Naming) => resource.token(length);
export const uuid = (resource: Naming) => resource.uuid;

/** `arn:aws:{service}:{region}:{account}:{rest}{id}` */
export const regional = (service: string, rest: string) => (resource: Identified) =>
  `arn:aws:${service}:${resource.region}:${resource.account}:${rest}${resource.id}`;

export const id = (resource: Named) => resource.id;
export const arn = (resource: Named) => resource.arn;
