import { describe, expect, it } from 'vitest';
import type { PageRequest } from '../../console/server.ts';
import { operatorApi } from '../../operator/api.ts';
import { placeAt } from '../../operator/place.ts';

/** A place that nobody answers at: what is refused here never gets there. */
const nowhere = placeAt({}, false, {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
});
const api = operatorApi(nowhere);

const ask = async (method: string, path: string, more: Partial<PageRequest> = {}) => {
  const { pathname, searchParams } = new URL(path, 'http://console');
  const request = { method, path: pathname, query: searchParams, headers: {} };
  const answer = await api({ ...request, body: async () => ({}), ...more });
  return answer && { status: answer.status, body: JSON.parse(String(answer.body)) };
};

describe('the operator’s API', () => {
  it('leaves paths of others to them', async () => {
    for (const path of ['/', '/console/facts', '/operator', '/operators/parked']) {
      expect(await ask('GET', path)).toBeUndefined();
    }
  });

  it.each([
    ['GET', '/operator/'],
    ['GET', '/operator/nothing'],
    ['GET', '/operator/constructor'],
    ['GET', '/operator/redrive'],
    ['POST', '/operator/parked'],
    ['POST', '/operator/toString'],
    ['DELETE', '/operator/invitations'],
    ['HEAD', '/operator/functions'],
  ])('has nothing at %s %s, and says so', async (method, path) => {
    const message = `The console has nothing at ${method} ${path}.`;
    expect(await ask(method, path, { headers: { 'x-operate': 'yes' } })).toEqual({
      status: 404,
      body: { message },
    });
  });

  it.each([{}, { 'x-operate': 'no' }, { 'x-operate': ['yes', 'no'] }])(
    'changes nothing before the operator has switched: %j',
    async (headers) => {
      for (const path of ['/operator/redrive', '/operator/invitations']) {
        const body = async () => {
          throw new Error('read though it is refused');
        };
        expect(await ask('POST', path, { headers, body })).toEqual({
          status: 403,
          body: { message: 'Switch to operate first.' },
        });
      }
    },
  );

  it('lists functions with what wakes them and what they may, and asks nobody for it', async () => {
    const { status, body } = (await ask('GET', '/operator/functions')) ?? {};
    expect(status).toBe(200);
    expect(body).toContainEqual(
      expect.objectContaining({
        name: 'redrive',
        wokenBy: 'queues',
        queue: 'parked-notifications',
        may: ['send to the queue delivery', 'post to sockets', 'delete sockets'],
        scansBecause: expect.any(String),
      }),
    );
  });

  it.each([
    ['/operator/logs?name=nobody', 'There is no function nobody.'],
    ['/operator/logs?name=constructor', 'There is no function constructor.'],
    ['/operator/logs?hours=0', 'A log is read for at most 168 hours.'],
    ['/operator/logs?hours=169', 'A log is read for at most 168 hours.'],
    ['/operator/logs?hours=many', 'A log is read for at most 168 hours.'],
    ['/operator/facts?minutes=61', 'What comes is read for at most 60 minutes.'],
    ['/operator/facts?minutes=x', 'What comes is read for at most 60 minutes.'],
    ['/operator/metrics', 'The deployment has no output DeploymentName'],
    ['/operator/parked', 'The deployment has no output ConnectionManagerFunctionName'],
  ])('refuses %s with a sentence', async (path, sentence) => {
    const { status, body } = (await ask('GET', path)) ?? {};
    expect(status).toBe(400);
    expect(body.message).toContain(sentence);
  });

  it('a fault of nobody’s making goes to whoever serves it, and is no answer', async () => {
    const body = () => Promise.reject(new TypeError('inside'));
    const headers = { 'x-operate': 'yes' };
    await expect(ask('POST', '/operator/redrive', { headers, body })).rejects.toThrow('inside');
  });
});
