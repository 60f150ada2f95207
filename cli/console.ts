import { once } from 'node:events';
import { join } from 'node:path';
import { json } from '../console/answer.ts';
import { buildPage, builtPage } from '../console/build-page.ts';
import { createLock } from '../console/key.ts';
import { createPage } from '../console/page.ts';
import { createPageServer } from '../console/server.ts';
import { operatorApi } from '../operator/api.ts';
import { UsageError } from '../operator/errors.ts';
import type { Place } from '../operator/place.ts';
import type { Command } from './command.ts';

const root = join(import.meta.dirname, '..');

/** Apart from the stage's, so that both may be open beside each other. */
const PORT = 8780;
const HIGHEST_PORT = 65_535;

/**
 * [S2-11] The operator's screens on this machine, of a stage or of a deployment: what they ask is asked with the
 * operator's own credentials, and no route of the deployment is public for it.
 */
export const console: Command = {
  usage: '[--port N]',
  says: `the operator’s page at http://127.0.0.1:${PORT}, with your own credentials, until Ctrl-C`,
  options: ['port'],
  goesOn: true,
  async run(place, { options: { port = String(PORT) }, signal, tell }) {
    // What is refused is refused before anything is built.
    const [number, name] = [portOf(port), place.output('DeploymentName')];
    await buildPage(root, signal);
    const lock = createLock();
    const server = createPageServer({
      port: number,
      page: createPage(builtPage(root)),
      lock,
      answering: async (request) =>
        request.path === '/console/facts' && request.method === 'GET'
          ? json(factsOf(place))
          : operatorApi(place)(request),
      failed: 'The console failed; its terminal says how.',
      warn: (sentence) => process.stderr.write(`${sentence}\n`),
    });
    try {
      const url = `${await server.start()}/${lock.query}#operate/overview`;
      tell({ url }, `The console of ${name}: ${url}\nCtrl-C ends it.`);
    } catch (fault) {
      if ((fault as { code?: string }).code !== 'EADDRINUSE') throw fault;
      throw new UsageError(`Port ${port} is taken: choose another with --port.`);
    }
    if (!signal.aborted) await once(signal, 'abort');
    await server.stop();
    return { json: undefined };
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= HIGHEST_PORT) return port;
  throw new UsageError(`--port takes a whole number up to ${HIGHEST_PORT}, not "${text}".`);
}

/** What the page shows beside the screens. */
const factsOf = (place: Place) => ({
  isStage: false,
  outputs: { all: place.outputs },
});
