import type { Assembly, Resource } from '../service.ts';
import { INTEGRATION_TIMEOUT_MS } from './limits.ts';
import { compileSelection, type RouteSelection } from './routing.ts';
import { readStage, type Stage } from './stage-definition.ts';

/** A WebSocket API as the template defines it. */
export interface WebSocketApi {
  readonly id: string;
  /** Its path in the construct tree, for messages that people read. */
  readonly path: string;
  readonly logicalId: string;
  readonly select: RouteSelection;
  readonly routes: ReadonlyMap<string, Route>;
  readonly stages: ReadonlyMap<string, Stage>;
}

export interface Route {
  readonly key: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly authorization: Authorization;
  /** Whether what the function returns goes back to the client. */
  readonly isTwoWay: boolean;
}

type Authorization =
  | { readonly type: 'NONE' }
  | { readonly type: 'AWS_IAM' }
  | { readonly type: 'CUSTOM'; readonly authorizer: Authorizer };

export interface Authorizer {
  readonly id: string;
  readonly functionArn: string;
  readonly identitySources: readonly string[];
}

const TYPE = 'AWS::ApiGatewayV2::';
const FUNCTION_OF_URI = /\/functions\/(arn:[^/]+)\/invocations$/;
const IDENTITY_SOURCE =
  /^(route\.request\.(header|querystring)\.[^.]+|context\.[\w.]+|stageVariables\.\w+)$/;

/** Every WebSocket API of the assembly. Throws a sentence for what AWS would not deploy or the stage cannot run. */
export function readWebSocketApis(assembly: Assembly): readonly WebSocketApi[] {
  return assembly
    .ofType(`${TYPE}Api`)
    .filter(({ properties }) => properties.ProtocolType === 'WEBSOCKET')
    .map((api) => readApi(assembly, api));
}

function readApi(assembly: Assembly, api: Resource): WebSocketApi {
  const own = (type: string) =>
    assembly.ofType(`${TYPE}${type}`).filter(({ properties }) => properties.ApiId === api.id);
  const routes = own('Route').map((route) => readRoute(assembly, own, route));
  return {
    id: api.id,
    path: api.path,
    logicalId: api.logicalId,
    select: compileSelection(text(api, 'RouteSelectionExpression')),
    routes: new Map(routes.map((route) => [route.key, route])),
    stages: new Map(own('Stage').map((stage) => [text(stage, 'StageName'), readStage(stage)])),
  };
}

function readRoute(
  assembly: Assembly,
  own: (type: string) => readonly Resource[],
  route: Resource,
): Route {
  const key = text(route, 'RouteKey');
  const integrationId = text(route, 'Target').replace(/^integrations\//, '');
  const integration = named(own('Integration'), integrationId, route);
  if (integration.properties.IntegrationType !== 'AWS_PROXY') {
    throw new Error(
      `${integration.path} is of type ${integration.properties.IntegrationType}; the local stage runs AWS_PROXY only.`,
    );
  }
  const authorization = readAuthorization(assembly, own('Authorizer'), route);
  if (authorization.type !== 'NONE' && key !== '$connect') {
    throw new Error(`${route.path} asks for authorization; AWS allows that on $connect only.`);
  }
  return {
    key,
    functionArn: functionOf(assembly, integration, 'IntegrationUri'),
    timeoutMs: Number(integration.properties.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MS),
    authorization,
    isTwoWay:
      route.properties.RouteResponseSelectionExpression === '$default' &&
      own('RouteResponse').some(
        ({ properties }) =>
          properties.RouteId === route.id && properties.RouteResponseKey === '$default',
      ),
  };
}

function readAuthorization(
  assembly: Assembly,
  authorizers: readonly Resource[],
  route: Resource,
): Authorization {
  const type = route.properties.AuthorizationType ?? 'NONE';
  if (type === 'NONE' || type === 'AWS_IAM') return { type };
  if (type !== 'CUSTOM') {
    throw new Error(`${route.path} has AuthorizationType ${type}, which no WebSocket API has.`);
  }
  const authorizer = named(authorizers, text(route, 'AuthorizerId'), route);
  if (authorizer.properties.AuthorizerType !== 'REQUEST') {
    throw new Error(`${authorizer.path} must be of type REQUEST: a WebSocket API knows no other.`);
  }
  const sources = [authorizer.properties.IdentitySource ?? []].flat().map(String);
  const unknown = sources.find((source) => !IDENTITY_SOURCE.test(source));
  if (unknown) {
    throw new Error(
      `${authorizer.path} has the identity source "${unknown}"; a WebSocket API reads route.request.header.NAME, route.request.querystring.NAME, context.NAME or stageVariables.NAME.`,
    );
  }
  return {
    type,
    authorizer: {
      id: authorizer.id,
      functionArn: functionOf(assembly, authorizer, 'AuthorizerUri'),
      identitySources: sources,
    },
  };
}

function functionOf(assembly: Assembly, resource: Resource, property: string): string {
  const arn = FUNCTION_OF_URI.exec(text(resource, property))?.[1] ?? '';
  if (!assembly.find('AWS::Lambda::Function', arn)) {
    throw new Error(`${property} of ${resource.path} names no function of this app.`);
  }
  return arn;
}

function named(resources: readonly Resource[], id: string, by: Resource): Resource {
  const found = resources.find((resource) => resource.id === id);
  if (!found) throw new Error(`${by.path} names ${id}, which is not in the template.`);
  return found;
}

function text(resource: Resource, property: string): string {
  const value = resource.properties[property];
  if (typeof value !== 'string' || value === '') {
    throw new Error(`${resource.path} has no ${property}; AWS would not deploy it.`);
  }
  return value;
}
