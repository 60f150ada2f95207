import { type Answer, json, sentence } from '../console/answer.ts';
import type { PageRequest } from '../console/server.ts';
import type { ManagerRequest, RedriveScope } from '../contract/connection-manager.ts';
import { type FunctionName, functions } from '../contract/functions.ts';
import type { RevokeRequest } from '../contract/internal.ts';
import { auditLines } from './audit.ts';
import { readConfiguration } from './configuration.ts';
import { changeStatus, cleanUp, countSilent, listConnections } from './connections.ts';
import { Refused, UsageError } from './errors.ts';
import { getExecution, listExecutions } from './executions.ts';
import { type About, readFacts } from './facts.ts';
import { listFunctions } from './functions.ts';
import { createInvitation, listInvitations } from './invitations.ts';
import { LOG_HOURS_MOST, readLogs } from './logs.ts';
import { readMetrics } from './metrics.ts';
import { listFailures, listParked, redrive } from './parked.ts';
import type { Place } from './place.ts';
import { dropUser, revoke, sessionsOf, timelineOf, type UserName, userOf } from './sessions.ts';
import { listTopics, topicOf } from './topics.ts';

/** Without it nothing is changed: who looks on cannot act by a slip. */
const OPERATE_HEADER = 'x-operate';

const PREFIX = '/operator/';
/** A table shows the first of them at once, and asks for more as it is scrolled. */
const CONNECTIONS_A_PAGE = 2000;
/** Nobody reads more lines as they come; the command line tells all. */
const FACTS_SHOWN = 500;
const FACTS_MINUTES_MOST = 60;

type Read = (place: Place, query: URLSearchParams) => unknown;
type Act = (place: Place, body: Readonly<Record<string, unknown>>) => unknown;

const reads: Readonly<Record<string, Read>> = {
  connections: (place, query) =>
    listConnections(place, {
      ...textIn(query, 'userId'),
      ...textIn(query, 'nextToken'),
      limit: CONNECTIONS_A_PAGE,
    }),
  silent: countSilent,
  user: async (place, query) => {
    const user = { userId: query.get('userId') ?? '', ...textIn(query, 'tenant') };
    const [facts, sessions] = await Promise.all([userOf(place, user), sessionsOf(place, user)]);
    return { ...facts, sessions };
  },
  timeline: (place, query) =>
    timelineOf(place, Object.fromEntries(query) as ManagerRequest<'get_session_timeline'>),
  topics: (place) => listTopics(place),
  topic: (place, query) =>
    topicOf(place, query.get('topic') ?? '', query.get('tenant') ?? undefined),
  audit: (place, query) =>
    auditLines(place, { ...textIn(query, 'day'), ...textIn(query, 'target') }),
  parked: (place, query) => listParked(place, query.get('unnumbered') === 'yes'),
  // What it may hold the manager reads, and refuses.
  failures: (place, query) =>
    listFailures(place, Object.fromEntries(query) as ManagerRequest<'get_failures'>),
  executions: listExecutions,
  execution: (place, query) => getExecution(place, query.get('arn') ?? ''),
  functions: listFunctions,
  logs: (place, query) =>
    readLogs(place, {
      ...functionIn(query),
      errorsOnly: query.get('level') !== 'all',
      hours: hoursIn(query),
    }),
  invitations: listInvitations,
  configuration: readConfiguration,
  metrics: (place) => readMetrics(place),
  facts: async (place, query) => {
    const to = Date.now();
    const about = Object.fromEntries(query) as About;
    const facts = await readFacts(place, about, { from: to - minutesIn(query) * 60_000, to });
    return { facts: facts.slice(0, FACTS_SHOWN), isWhole: facts.length <= FACTS_SHOWN };
  },
};

// What they may hold the functions read, and refuse.
const acts: Readonly<Record<string, Act>> = {
  status: (place, { connectionId, status }) =>
    changeStatus(place, String(connectionId), String(status)),
  'clean-up': cleanUp,
  'drop-user': (place, user) => dropUser(place, user as unknown as UserName),
  revoke: (place, request) => revoke(place, request as unknown as RevokeRequest),
  redrive: (place, { scope }) => redrive(place, scope as RedriveScope),
  invitations: (place, { validDays }) => createInvitation(place, validDays as number | undefined),
};

/**
 * The operator's API: what the page of a console asks, answered with the operator's own credentials. Whoever serves it
 * has made sure that it is their own page that asks. Undefined for paths of others.
 */
export const operatorApi =
  (place: Place) =>
  async (request: PageRequest): Promise<Answer | undefined> => {
    const { method, path, query, headers } = request;
    if (!path.startsWith(PREFIX)) return undefined;
    const name = path.slice(PREFIX.length);
    try {
      if (method === 'GET' && Object.hasOwn(reads, name)) {
        return json(await reads[name]?.(place, query));
      }
      if (method !== 'POST' || !Object.hasOwn(acts, name)) {
        return sentence(404, `The console has nothing at ${method} ${path}.`);
      }
      if (headers[OPERATE_HEADER] !== 'yes') return sentence(403, 'Switch to operate first.');
      return json(await acts[name]?.(place, await request.body()));
    } catch (fault) {
      return failure(fault);
    }
  };

/** A sentence of ours, or of AWS's; all else is a defect, for whoever serves this. */
function failure(fault: unknown): Answer {
  if (fault instanceof UsageError || fault instanceof Refused) return sentence(400, fault.message);
  const { name, message, $metadata } = fault as Error & { $metadata?: object };
  if ($metadata === undefined) throw fault;
  return sentence(502, `AWS answers ${name}: ${message}`);
}

function functionIn(query: URLSearchParams): { readonly name?: FunctionName } {
  const name = query.get('name') ?? '';
  if (name === '') return {};
  if (!Object.hasOwn(functions, name)) throw new UsageError(`There is no function ${name}.`);
  return { name: name as FunctionName };
}

function hoursIn(query: URLSearchParams): number {
  const hours = Number(query.get('hours') ?? 1);
  if (hours > 0 && hours <= LOG_HOURS_MOST) return hours;
  throw new UsageError(`A log is read for at most ${LOG_HOURS_MOST} hours.`);
}

function minutesIn(query: URLSearchParams): number {
  const minutes = Number(query.get('minutes') ?? 5);
  if (minutes > 0 && minutes <= FACTS_MINUTES_MOST) return minutes;
  throw new UsageError(`What comes is read for at most ${FACTS_MINUTES_MOST} minutes.`);
}

/** A filter that is not set is none. */
const textIn = <Name extends string>(
  query: URLSearchParams,
  name: Name,
): { readonly [Key in Name]?: string } =>
  (query.get(name) ? { [name]: query.get(name) } : {}) as { readonly [Key in Name]?: string };
