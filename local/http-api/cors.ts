import type { Reply } from './reply.ts';

/** An API's `CorsConfiguration`. */
export interface Cors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly isCredentialed: boolean;
  readonly maxAge: number | undefined;
}

type Properties = Readonly<Record<string, unknown>>;
type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Throws a sentence for a configuration that AWS would not take. */
export function readCors(value: unknown, owner: string): Cors | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const configuration = value as Properties;
  const list = (name: string) => {
    const entries = configuration[name];
    return Array.isArray(entries) ? entries.map(String) : [];
  };
  const { MaxAge, AllowCredentials } = configuration;
  const cors: Cors = {
    origins: list('AllowOrigins'),
    methods: list('AllowMethods'),
    headers: list('AllowHeaders'),
    exposed: list('ExposeHeaders'),
    isCredentialed: AllowCredentials === true,
    maxAge: MaxAge === undefined ? undefined : Number(MaxAge),
  };
  if (cors.isCredentialed && cors.origins.includes('*')) {
    throw new Error(
      `${owner} allows credentials to every origin ("*"), which AWS refuses: name the origins.`,
    );
  }
  return cors;
}

export function isPreflight(method: string | undefined, headers: RequestHeaders): boolean {
  const asks = headers['access-control-request-method'] !== undefined;
  return method === 'OPTIONS' && headers.origin !== undefined && asks;
}

/** The gateway answers a preflight by itself, whatever the routes are. */
export function answerPreflight(cors: Cors, origin: string | undefined): Reply {
  const named: [string, string][] = [
    ['access-control-allow-methods', cors.methods.join(',')],
    ['access-control-allow-headers', cors.headers.join(',')],
    ['access-control-max-age', String(cors.maxAge ?? '')],
  ];
  const allowed = corsHeaders(cors, origin);
  const isAllowed = Object.keys(allowed).length > 0;
  const more = isAllowed ? named.filter(([, value]) => value !== '') : [];
  const headers = { ...allowed, ...Object.fromEntries(more) };
  return { status: 204, headers, cookies: [], body: Buffer.alloc(0) };
}

/** With CORS configured, what the function itself says about CORS is dropped. */
export function withCors(reply: Reply, cors: Cors, origin: string | undefined): Reply {
  const own = Object.entries(reply.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...reply, headers: { ...Object.fromEntries(own), ...corsHeaders(cors, origin) } };
}

function corsHeaders(cors: Cors, origin: string | undefined): Record<string, string> {
  if (origin === undefined) return {};
  const allowed = cors.origins.find(
    (entry) => entry === '*' || entry === origin || isSchemeOf(entry, origin),
  );
  if (!allowed) return {};
  return {
    'access-control-allow-origin': allowed === '*' ? '*' : origin,
    ...(cors.isCredentialed && { 'access-control-allow-credentials': 'true' }),
    ...(cors.exposed.length > 0 && { 'access-control-expose-headers': cors.exposed.join(',') }),
  };
}

/** `https://*` allows every origin of that scheme. */
function isSchemeOf(entry: string, origin: string): boolean {
  return entry.endsWith('://*') && origin.startsWith(entry.slice(0, -1));
}
