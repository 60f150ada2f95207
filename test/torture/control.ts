import type { Standing } from '../../local/gates/gates.ts';
import type { Wish } from '../../local/gates/read-gate.ts';
import type { Place } from '../support/place.ts';

/** The stage's own API, as docs/GATES.md tells it to anybody. */
export interface Control {
  close(wish: Wish): Promise<Standing>;
  open(id: string): Promise<Standing>;
  openAll(): Promise<readonly Standing[]>;
  gates(): Promise<readonly Standing[]>;
  /** ms, by the stage's clock. */
  now(): number;
  advance(ms: number): Promise<void>;
  /** Pulls the cable of a connection; false when there is none. */
  drop(connectionId: string): Promise<boolean>;
}

export async function openControl({ urls }: Place): Promise<Control> {
  const ask = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${urls.console}/stage/${path}`, {
      method,
      headers: { 'content-type': 'application/json', origin: urls.console },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answer & { message?: string };
    if (response.ok) return answer;
    throw new Error(answer.message);
  };
  let { aheadMs } = await ask<{ aheadMs: number }>('GET', 'clock');
  return {
    close: (wish) => ask('POST', 'gates', wish),
    open: (id) => ask('DELETE', `gates/${id}`),
    openAll: () => ask('DELETE', 'gates'),
    gates: async () => (await ask<{ gates: Standing[] }>('GET', 'gates')).gates,
    now: () => Date.now() + aheadMs,
    async advance(advanceMs) {
      ({ aheadMs } = await ask<{ aheadMs: number }>('POST', 'clock', { advanceMs }));
    },
    drop: (connectionId) =>
      ask('POST', 'drop', { connectionId, how: 'tcp' }).then(
        () => true,
        () => false,
      ),
  };
}
