import type { Assembly, Resource } from '../service.ts';
import type { Authorization, IdentitySource } from './authorization.ts';
import { type Cors, readCors } from './cors.ts';
import { type RouteKey, readRouteKey } from './routing.ts';
import { readStage, type Stage } from './stage-definition.ts';

/** An HTTP API as the template defines it. */
export interface HttpApi {
  readonly id: string;
  readonly logicalId: string;
  readonly cors: Cors | undefined;
  readonly routes: readonly Route[];
  readonly stages: readonly Stage[];
}

export interface Route {
  readonly key: RouteKey;
  readonly functionArn: string;
  /** The function's logical id, for the trace. */
  readonly functionName: string;
  readonly timeoutMs: number;
  readonly authorization: Authorization;
}

type Properties = Resource['properties'];
type OwnOf = (type: string) => readonly Resource[];

const TYPE = 'AWS::ApiGatewayV2::';
const LONGEST_TIMEOUT_MS = 30_000;
const IDENTITY_SOURCE = /^\$request\.(header|querystring)\.([^.\s]+)$/;

/** Every HTTP API of the assembly. Throws a sentence for what AWS would not deploy or the stage cannot run. */
export function readHttpApis(assembly: Assembly): readonly HttpApi[] {
  return assembly
    .ofType(`${TYPE}Api`)
    .filter(({ properties }) => properties.ProtocolType === 'HTTP')
    .map((api) => {
      const ownOf: OwnOf = (type) =>
        assembly.ofType(TYPE + type).filter(({ properties }) => properties.ApiId === api.id);
      return {
        id: api.id,
        logicalId: api.logicalId,
        cors: readCors(api.properties.CorsConfiguration, api.path),
        routes: ownOf('Route').map((route) => readRoute(assembly, ownOf, route)),
        stages: ownOf('Stage').map(readStage),
      };
    });
}

function readRoute(assembly: Assembly, ownOf: OwnOf, route: Resource): Route {
  const { path, properties } = route;
  const integrationId = String(properties.Target ?? '').replace(/^integrations\//, '');
  const integration = named(ownOf('Integration'), integrationId, path);
  return {
    key: readRouteKey(String(properties.RouteKey), path),
    ...readIntegration(assembly, integration),
    authorization: readAuthorization(ownOf, route),
  };
}

function readIntegration(assembly: Assembly, { path, properties }: Resource) {
  const { IntegrationType, IntegrationUri, PayloadFormatVersion, TimeoutInMillis } = properties;
  const isProxy = IntegrationType === 'AWS_PROXY' && properties.IntegrationSubtype === undefined;
  const isPlain = !properties.RequestParameters && !properties.ResponseParameters;
  if (!isProxy || !isPlain || PayloadFormatVersion !== '2.0') {
    throw new Error(
      `${path} is no plain Lambda proxy with payload format 2.0: the local stage runs no other integration of an HTTP API.`,
    );
  }
  const functionArn = /(?:\/functions\/)?(arn:[^/]+:lambda:[^/]+?)(?:\/invocations)?$/.exec(
    String(IntegrationUri),
  )?.[1];
  const resource = assembly.find('AWS::Lambda::Function', functionArn ?? '');
  if (!functionArn || !resource) {
    throw new Error(`${path} calls ${IntegrationUri}, which is no function of this app.`);
  }
  const timeoutMs = Math.min(Number(TimeoutInMillis ?? LONGEST_TIMEOUT_MS), LONGEST_TIMEOUT_MS);
  return { functionArn: resource.arn, functionName: resource.logicalId, timeoutMs };
}

function readAuthorization(ownOf: OwnOf, { path, properties }: Resource): Authorization {
  const { AuthorizationType: type = 'NONE', AuthorizerId, AuthorizationScopes } = properties;
  if (type === 'NONE' || type === 'AWS_IAM') return { type };
  const authorizer = named(ownOf('Authorizer'), String(AuthorizerId), path);
  if (type !== 'JWT' || authorizer.properties.AuthorizerType !== 'JWT') {
    throw new Error(
      `${path} has an authorization of type ${type}: the local stage has NONE, JWT and AWS_IAM for HTTP APIs.`,
    );
  }
  const { Issuer, Audience } = { ...(authorizer.properties.JwtConfiguration as Properties) };
  return {
    type,
    authorizer: {
      issuer: String(Issuer),
      audience: texts(Audience),
      identitySource: readIdentitySource(authorizer),
    },
    scopes: texts(AuthorizationScopes),
  };
}

function readIdentitySource({ path, properties }: Resource): IdentitySource {
  const [source = ''] = texts(properties.IdentitySource);
  const [, kind, name] = IDENTITY_SOURCE.exec(source) ?? [];
  if (!name || (kind !== 'header' && kind !== 'querystring')) {
    throw new Error(
      `${path} reads tokens from "${source}"; write $request.header.NAME or $request.querystring.NAME.`,
    );
  }
  return { kind, name };
}

function named(resources: readonly Resource[], id: string, path: string): Resource {
  const found = resources.find((resource) => resource.id === id);
  if (!found) throw new Error(`${path} names "${id}", which its API does not have.`);
  return found;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
