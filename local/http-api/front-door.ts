import type { IncomingMessage } from 'node:http';
import type { StageContext } from '../service.ts';
import { createThrottle, type Throttle } from '../websocket/throttle.ts';
import type { HttpApi, Route } from './api-definition.ts';
import { authorize } from './authorization.ts';
import { answerPreflight, isPreflight, withCors } from './cors.ts';
import { toEvent } from './event.ts';
import { callFunction } from './integration.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { HEADERS_TOO_LARGE, NOT_FOUND, type Reply, TOO_LARGE, TOO_MANY_REQUESTS } from './reply.ts';
import { type HttpRequest, hasTooLargeHeaders, readRequest } from './request.ts';
import { chooseRoute, type Match } from './routing.ts';
import { DEFAULT_STAGE, type Stage } from './stage-definition.ts';

/** Answers one request of an API, under the id that its `apigw-requestid` header names. Never rejects for a client's fault. */
export type FrontDoor = (message: IncomingMessage, requestId: string) => Promise<Reply>;

/** What a client meets at an HTTP API, in the order in which it meets it. */
export function createFrontDoor(context: StageContext, api: HttpApi, keys: IssuerKeys): FrontDoor {
  const mayPass = createThrottles(context, api);

  async function answer(message: IncomingMessage, requestId: string): Promise<Reply> {
    if (hasTooLargeHeaders(message)) return HEADERS_TOO_LARGE;
    const request = await readRequest(message);
    if (!request) return TOO_LARGE;
    const { stage, path } = chooseStage(api, request.path);
    const match = stage && chooseRoute(api.routes, request.method, path);
    if (!match) return NOT_FOUND;
    const at = context.clock.now();
    const startedAt = performance.now();
    const reply = await serve(request, requestId, stage, match);
    context.trace.record({
      at,
      durationMs: performance.now() - startedAt,
      kind: 'call',
      by: 'client',
      what: `${api.logicalId}:${match.route.key.text}`,
      on: match.route.functionName,
      outcome: String(reply.status),
    });
    return reply;
  }

  async function serve(
    request: HttpRequest,
    requestId: string,
    stage: Stage,
    { route, pathParameters }: Match<Route>,
  ): Promise<Reply> {
    if (!mayPass(stage, route)) return TOO_MANY_REQUESTS;
    const arn = routeArn(context, api, stage, route, request.method);
    const verdict = await authorize(context, keys, route.authorization, request, arn);
    if (!verdict.isAllowed) return verdict.reply;
    const event = toEvent(request, {
      account: context.account,
      apiId: api.id,
      stage: stage.name,
      stageVariables: stage.variables,
      routeKey: route.key.text,
      pathParameters,
      identity: verdict.identity,
      requestId,
      now: context.clock.now(),
    });
    const { reply, why } = await callFunction(context, route, event, arn);
    if (why) context.warn(`${api.logicalId} ${route.key.text} → ${route.functionName}: ${why}`);
    return reply;
  }

  return async (message, requestId) => {
    const { cors } = api;
    const { origin } = message.headers;
    if (cors && isPreflight(message.method, message.headers)) return answerPreflight(cors, origin);
    const reply = await answer(message, requestId);
    return cors ? withCors(reply, cors, origin) : reply;
  };
}

/** A stage with a name stands first in the path; `$default` takes every other path. */
function chooseStage({ stages }: HttpApi, path: string) {
  const [, first = ''] = path.split('/');
  const named = stages.find(({ name }) => name === first);
  if (named) return { stage: named, path: path.slice(first.length + 1) || '/' };
  return { stage: stages.find(({ name }) => name === DEFAULT_STAGE), path };
}

/** The form that `AWS::Lambda::Permission`s name: the route's own path, variables and all. */
function routeArn(
  { region, account }: StageContext,
  api: HttpApi,
  stage: Stage,
  { key }: Route,
  method: string,
): string {
  const route = key.path === '' ? key.text : `${method}${key.path}`;
  return `arn:aws:execute-api:${region}:${account}:${api.id}/${stage.name}/${route}`;
}

/** One bucket for each route of each stage that has limits. */
function createThrottles({ clock }: StageContext, api: HttpApi) {
  const throttles = new Map<string, Throttle>();
  const name = (stage: Stage, route: Route) => `${stage.name} ${route.key.text}`;
  for (const stage of api.stages) {
    for (const route of api.routes) {
      const limits = stage.routeLimits.get(route.key.text) ?? stage.limits;
      if (!limits) continue;
      throttles.set(name(stage, route), createThrottle(clock, limits.perSecond, limits.burst));
    }
  }
  return (stage: Stage, route: Route) => throttles.get(name(stage, route))?.() ?? true;
}
