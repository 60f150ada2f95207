import { type Answer, json } from '../../console/answer.ts';
import { Refusal } from '../../console/own-page.ts';
import type { PageRequest } from '../../console/server.ts';
import { catalogue } from '../gates/catalogue.ts';
import { NoSuchGate } from '../gates/read-gate.ts';
import type { StageContext } from '../service.ts';

/** `/stage/gates` and `/stage/clock`: how a person, or a program beside the stage, makes it misbehave. */
export interface GatesApi {
  /** Undefined for a path of others, here and below. */
  read(path: string): Answer | undefined;
  /** Throws a {@link Refusal}. */
  act(request: PageRequest): Promise<Answer | undefined>;
}

const GATES = '/stage/gates';
const CLOCK = '/stage/clock';

export function createGatesApi({ gates, clock }: StageContext): GatesApi {
  const time = () => ({
    now: new Date(clock.now()).toISOString(),
    aheadMs: clock.ahead(),
  });

  async function close(request: PageRequest): Promise<Answer> {
    try {
      return json(gates.close(await request.body()), 201);
    } catch (error) {
      if (error instanceof NoSuchGate) throw new Refusal(400, error.message);
      throw error;
    }
  }

  function open(id: string): Answer {
    const opened = gates.open(id);
    if (opened) return json(opened);
    throw new Refusal(404, `There is no gate ${id}: GET ${GATES} lists those that there are.`);
  }

  async function advance(request: PageRequest): Promise<Answer> {
    const { advanceMs } = await request.body();
    if (typeof advanceMs !== 'number' || !(advanceMs > 0 && Number.isSafeInteger(advanceMs))) {
      throw new Refusal(400, 'Send {"advanceMs": …}, a whole number: time goes forward only.');
    }
    clock.advance(advanceMs);
    return json(time());
  }

  return {
    read(path) {
      if (path === GATES) return json({ gates: gates.list(), catalogue });
      return path === CLOCK ? json(time()) : undefined;
    },
    async act(request) {
      const { method, path } = request;
      if (path === CLOCK && method === 'POST') return advance(request);
      if (path === GATES && method === 'POST') return close(request);
      if (path === GATES && method === 'DELETE') return json(gates.openAll());
      const [, id] = /^\/stage\/gates\/(\w+)$/.exec(path) ?? [];
      return id !== undefined && method === 'DELETE' ? open(id) : undefined;
    },
  };
}
