/**
 * What the services of the local stage share: the words they use for each other.
 *
 * The stage runs a synthesized CDK assembly. Each AWS service it stands in for is one folder here and
 * exports one function that makes a {@link Service} out of a {@link StageContext}. A service knows the
 * others only through the context, never by import.
 */

import type { Gates } from './gates/gates.ts';

/** One resource of the synthesized templates, every intrinsic already resolved. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives: the physical name or id. Stable from one start to the next. */
  readonly id: string;
  /** Empty for types that have none. */
  readonly arn: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The path in the construct tree (`aws:cdk:path`), for messages that people read. */
  readonly path: string;
}

/** The resolved assembly: everything that the services need to know about what was deployed. */
export interface Assembly {
  readonly directory: string;
  readonly resources: readonly Resource[];
  /** By stack name, in the shape of `cdk deploy --outputs-file`. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  ofType(type: string): readonly Resource[];
  /** The resource of that type whose id, ARN or `name:` this is; undefined when there is none. */
  find(type: string, idOrArn: string): Resource | undefined;
  /** The folder (or file) of a file asset, by the object key that the template names. */
  assetPath(objectKey: string): string;
}

/** Who makes a call. `operator` is the person at the keyboard: everything is allowed to them. */
export interface Principal {
  readonly kind: 'operator' | 'function' | 'service';
  /** Function id (its physical name), `operator`, or a service such as `apigateway.amazonaws.com`. */
  readonly name: string;
  /** The ARN that AccessDenied messages name. */
  readonly arn: string;
  /** The role whose policies speak for it; empty for the operator and for services in their own name. */
  readonly roleArn: string;
  /** For a service: the ARN on whose behalf it acts (`aws:SourceArn`). */
  readonly sourceArn?: string;
}

/** One signed call at an AWS-shaped endpoint, after its signature was checked. */
export interface AwsCall {
  /** The service of the credential scope: `dynamodb`, `sqs`, `lambda`, `execute-api` … */
  readonly service: string;
  /** The last part of `X-Amz-Target`; empty for REST-shaped services. */
  readonly action: string;
  readonly principal: Principal;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Logical id of the table, function or queue that the call was about, for the trace. */
  readonly on?: string;
  /** What else the trace is to know of it: counts and ids only. */
  readonly detail?: TraceEvent['detail'];
}

/** A fault that the caller of an AWS-shaped endpoint sees, in that endpoint's own dialect. */
export class AwsFault extends Error {
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** What a policy's conditions may ask about a call: `dynamodb:LeadingKeys` → `['s1']`. */
export type Facts = Readonly<Record<string, string | readonly string[]>>;

/** May this principal do this? Throws an `AccessDeniedException` fault that names who, what and where. */
export interface Access {
  /** Without facts, a condition on the call itself counts as not met where it allows and as met where it denies. */
  demand(principal: Principal, action: string, resourceArn: string, facts?: Facts): void;
  /** May a service invoke this function (its `AWS::Lambda::Permission`s)? Throws likewise. */
  demandInvoke(principal: Principal, functionArn: string): void;
  /** The principal of a role's function, for calls that the stage makes in a function's name (mappings). */
  principalOfFunction(functionId: string): Principal;
  /** The access key of a signed call → its principal and secret; undefined when unknown. */
  credential(
    accessKeyId: string,
  ): { principal: Principal; secretAccessKey: string; sessionToken?: string } | undefined;
  /** Environment variables with credentials of its own for one function, or for the `operator`. */
  environmentFor(functionId: string): Record<string, string>;
  /** The same for one process of a function, as each execution environment on AWS has credentials of its own. */
  openSession(functionId: string): Session;
}

/** Credentials of a function's role that end with the process that has them. */
export interface Session {
  readonly accessKeyId: string;
  readonly environment: Record<string, string>;
  close(): void;
}

/** What one invocation came to. `error` is the runtime's: the payload then holds errorType and errorMessage. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: string;
  readonly error?: 'Unhandled';
  readonly errorType?: string;
}

/** Runs functions: each in processes of its own, one request at a time in each. */
export interface Functions {
  /**
   * Waits for the answer. `payload` is JSON text. Rejects with an {@link AwsFault} only when the
   * function could not be invoked at all (unknown, not allowed, throttled).
   */
  invoke(functionArn: string, payload: string, caller: Principal): Promise<Invocation>;
  /**
   * The asynchronous kind: two more tries after an error, then the on-failure destination if there is
   * one. Throws an {@link AwsFault} at once when the function is unknown or not allowed.
   */
  invokeLater(functionArn: string, payload: string, caller: Principal): void;
  /** Kills the process whose credentials these are; false when there is none. */
  kill(accessKeyId: string): boolean;
}

/** What the stage saw at the wire: the console draws the hops of a message from these. */
export interface TraceEvent {
  /** Milliseconds since the epoch, with a fraction. */
  readonly at: number;
  readonly durationMs?: number;
  readonly kind: 'call' | 'invoke' | 'frame' | 'socket' | 'log' | 'metric' | 'execution';
  /** Who did it: a function's logical id, `operator`, a connection id, or the name of an execution. */
  readonly by: string;
  /** `dynamodb:TransactWriteItems`, `stream`, `execute-api:POST`, `$connect` … */
  readonly what: string;
  /** Logical id of the table, function or queue; or a connection id. */
  readonly on: string;
  readonly outcome: string;
  /** Counts and ids only; never a body, a token or a password. */
  readonly detail?: Readonly<Record<string, string | number>>;
}

export interface Trace {
  record(event: TraceEvent): void;
  /** Calls back for each event from now on; the function that is returned ends it. */
  follow(listener: (event: TraceEvent) => void): () => void;
  /** The latest events, oldest first; a bounded window. */
  recent(): readonly TraceEvent[];
}

/** The stage's own time, so that it can be moved without waiting. Everything here asks it, nothing asks `Date`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back at that time; the function that is returned cancels. */
  at(epochMs: number, run: () => void): () => void;
  /** How far it was moved; ms. */
  ahead(): number;
  /** Moves time forward; whatever falls due runs. */
  advance(ms: number): void;
}

/** Durable small facts of the services (queued messages, users, checkpoints): one SQLite file. */
export interface Store {
  get(area: string, key: string): string | undefined;
  set(area: string, key: string, value: string): void;
  delete(area: string, key: string): void;
  entries(area: string): ReadonlyArray<readonly [key: string, value: string]>;
}

/** Every port the stage listens on, known before anything starts, so that outputs can be resolved first. */
export interface Ports {
  readonly console: number;
  /** DynamoDB, SQS, Lambda, Cognito, EventBridge …: one endpoint, told apart by the credential scope. */
  readonly aws: number;
  /** One per `AWS::ApiGatewayV2::Api`, by the API's id. */
  readonly api: ReadonlyMap<string, number>;
  readonly engine: number;
}

export interface StageContext {
  readonly region: string;
  readonly account: string;
  readonly assembly: Assembly;
  readonly ports: Ports;
  readonly access: Access;
  readonly functions: Functions;
  readonly trace: Trace;
  readonly clock: Clock;
  readonly gates: Gates;
  readonly store: Store;
  /** Where this stage keeps its files: `--data DIR`, or a private temporary folder. */
  readonly directory: string;
  /** A line about the stage itself, for the person at the keyboard. */
  warn(sentence: string): void;
}

export interface Service {
  readonly name: string;
  /** Ready when it resolves; the sentence says what is there now (`5 tables, streams on`). */
  start(): Promise<string>;
  /** For services with an AWS-shaped endpoint, keyed by the credential scope they answer for. */
  readonly scopes?: readonly string[];
  handle?(call: AwsCall): Promise<AwsAnswer>;
  /** Leaves no timer, socket or process. Harmless when repeated. */
  stop(): Promise<void>;
}
