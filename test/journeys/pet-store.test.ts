import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { newPerson } from '../support/people.ts';
import { callStore, newPet } from '../support/store.ts';

const place = inject('place');

describe('the sample store', () => {
  it('[S1-14] lists and gets the pets of the caller', async () => {
    const tenant = `t-${randomUUID()}`;
    const joe = await newPerson(place, tenant);
    const [a, b] = [await newPet(place, tenant), await newPet(place, tenant)];
    const { status, body } = await callStore(place, joe, 'GET', '/pets');
    expect(status).toBe(200);
    expect(body.pets).toHaveLength(2);
    expect(body.pets).toEqual(expect.arrayContaining([a, b]));
    expect(await callStore(place, joe, 'GET', `/pets/${a.petId}`)).toEqual({
      status: 200,
      body: a,
    });
  });

  it('[S1-14] of twenty updates of one version exactly one wins, the others are told', async () => {
    const tenant = `t-${randomUUID()}`;
    const joe = await newPerson(place, tenant);
    const pet = await newPet(place, tenant);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, price) =>
        callStore(place, joe, 'PUT', `/pets/${pet.petId}`, { body: { version: 1, price } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
    const won = answers.find(({ status }) => status === 200);
    expect((await callStore(place, joe, 'GET', `/pets/${pet.petId}`)).body).toEqual(won?.body);
  });

  it.each([
    ['no version', { price: 1 }],
    ['a price that is none', { version: 1, price: 'cheap' }],
    ['a price below nothing', { version: 1, price: -1 }],
    ['an empty name', { version: 1, name: '' }],
    ['a name without end', { version: 1, name: 'x'.repeat(61) }],
    ['no object', [1]],
    ['no JSON', '{"version":1'],
    ['JSON without bottom', '['.repeat(5000)],
  ])('refuses %s, and changes nothing', async (_, body) => {
    const tenant = `t-${randomUUID()}`;
    const joe = await newPerson(place, tenant);
    const pet = await newPet(place, tenant);
    const answer = await callStore(place, joe, 'PUT', `/pets/${pet.petId}`, { body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect((await callStore(place, joe, 'GET', `/pets/${pet.petId}`)).body).toEqual(pet);
  });

  it('takes no fields but its own: key and version stay what they are', async () => {
    const tenant = `t-${randomUUID()}`;
    const joe = await newPerson(place, tenant);
    const pet = await newPet(place, tenant);
    const body = { version: 1, name: 'Max', tenant: 'other', petId: 'other', kind: 'dragon' };
    const answer = await callStore(place, joe, 'PUT', `/pets/${pet.petId}`, { body });
    expect(answer).toEqual({ status: 200, body: { ...pet, name: 'Max', version: 2 } });
  });

  it('answers browsers of other origins, and nobody without a token', async () => {
    const http = place.outputs.HttpUrl?.replace(/\/$/, '');
    const preflight = await fetch(`${http}/pets`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://shop.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,sessionid',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain(
      'sessionid',
    );
    expect((await callStore(place, undefined, 'GET', '/pets')).status).toBe(401);
    const { idToken } = await newPerson(place);
    expect(await callStore(place, { token: idToken }, 'GET', '/pets')).toMatchObject({
      status: 401,
      body: { code: 'token-invalid' },
    });
  });

  it('refuses a session id that is none', async () => {
    const joe = await newPerson(place);
    const answer = await callStore(place, joe, 'GET', '/pets', { sessionId: 'no session!' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'session-id-invalid' } });
  });
});
