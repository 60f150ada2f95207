import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { type Answer, GUARDED, UNCACHED } from './answer.ts';
import { Refusal } from './own-page.ts';

/** Answers for a path of the page. Throws a {@link Refusal} for a file that it does not have. */
export type Page = (path: string) => Promise<Answer>;

const HTML = 'text/html; charset=utf-8';
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': HTML,
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
/** Vite names these by their content, so that a name never comes to mean something else. */
const HASHED = { 'cache-control': 'public, max-age=31536000, immutable' };
const INDEX = 'index.html';
const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Not built yet</title>
<p>The page is not built yet. Run <code>npx vite build web</code> and reload; the stage itself is running.</p></html>
`;

/**
 * The built page in `directory`; a path without a file of its own gets the index. Besides itself it may talk to
 * these ports of this machine.
 */
export function createPage(directory: string, ports: readonly number[] = []): Page {
  const headers = { ...GUARDED, 'content-security-policy': contentSecurityPolicy(ports) };

  const notBuilt: Answer = {
    status: 503,
    headers: { ...headers, ...UNCACHED, 'content-type': HTML },
    body: NOT_BUILT,
  };

  const answerFile = async (path: string): Promise<Answer | undefined> => {
    const body = await readFile(join(directory, path)).catch(() => undefined);
    if (!body) return undefined;
    const type = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream';
    const caching = path.startsWith(`assets${sep}`) ? HASHED : UNCACHED;
    return { status: 200, headers: { ...headers, ...caching, 'content-type': type }, body };
  };

  return async (path) => {
    const file = readPath(path);
    const own = file === '' ? undefined : await answerFile(file);
    if (own) return own;
    if (extname(file)) throw new Refusal(404, `The page has no file ${path}.`);
    return (await answerFile(INDEX)) ?? notBuilt;
  };
}

/** The path below the page's folder, wherever the dots lead. */
function readPath(path: string): string {
  try {
    const inside = normalize(join(sep, decodeURIComponent(path))).slice(1);
    if (!inside.includes('\0') && !inside.split(sep).some((part) => part.startsWith('.'))) {
      return inside;
    }
  } catch {
    // Not decodable: refused below.
  }
  throw new Refusal(404, 'The page has no such file.');
}

/** The page talks to itself and to those ports, and to nobody else. */
function contentSecurityPolicy(ports: readonly number[]): string {
  const own = ports.flatMap((port) =>
    ['127.0.0.1', 'localhost'].flatMap((host) => [
      `http://${host}:${port}`,
      `ws://${host}:${port}`,
    ]),
  );
  return [
    "default-src 'self'",
    `connect-src 'self' ${own.join(' ')}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
