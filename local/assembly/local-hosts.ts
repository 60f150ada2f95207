/** Rewrites the real hostnames of what the stage hosts; everything else stays as it is. */
export type LocalHosts = (value: unknown) => unknown;

const SCHEMES: Readonly<Record<string, string>> = {
  'wss://': 'ws://',
  'https://': 'http://',
  '': '',
};

/**
 * API Gateway's hostnames become the local ones in any text, so that neither a function's environment
 * nor an output needs an "if local". Cognito's issuer stays: it is a name inside tokens, not an address.
 */
export function createLocalHosts(
  region: string,
  apiPorts: ReadonlyMap<string, number>,
): LocalHosts {
  const host = new RegExp(
    `(wss://|https://|)\\b([a-z0-9]{10})\\.execute-api\\.${region}\\.amazonaws\\.com`,
    'g',
  );
  const rewriteText = (text: string) =>
    text.replace(host, (whole, scheme: string, apiId: string) => {
      const port = apiPorts.get(apiId);
      return port === undefined ? whole : `${SCHEMES[scheme]}127.0.0.1:${port}`;
    });
  const rewrite: LocalHosts = (value) => {
    if (typeof value === 'string') return rewriteText(value);
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]));
  };
  return rewrite;
}
