import { expect, it } from 'vitest';
import { gatherVariables, MASK } from '../../operator/configuration.ts';

it('a variable stands once for each of its values, with who runs with it', () => {
  const variables = gatherVariables([
    { name: 'connect', variables: { EPOCH: '1', DOOR: 'message' } },
    { name: 'default', variables: { EPOCH: '2', DOOR: 'message' } },
    { name: 'sweep', variables: { EPOCH: '1' } },
  ]);
  expect(variables).toEqual([
    { name: 'DOOR', value: 'message', functions: ['connect', 'default'], differs: false },
    { name: 'EPOCH', value: '1', functions: ['connect', 'sweep'], differs: true },
    { name: 'EPOCH', value: '2', functions: ['default'], differs: true },
  ]);
});

it.each([
  'API_KEY',
  'apikey',
  'CLIENT_SECRET',
  'PASSWORD',
  'Db_Passwd',
  'ACCESS_TOKEN',
  'PRIVATE_PEM',
])('what is called %s is not told', (name) => {
  const told = gatherVariables([{ name: 'connect', variables: { [name]: 'hush' } }]);
  expect(told).toMatchObject([{ name, value: MASK }]);
  expect(JSON.stringify(told)).not.toContain('hush');
});

it('ids and addresses are told', () => {
  const variables = { USER_POOL_ID: 'p', HTTP_URL: 'https://x', TOPICS: '[]' };
  const told = gatherVariables([{ name: 'connect', variables }]);
  expect(told.map(({ value }) => value)).toEqual(['https://x', '[]', 'p']);
});
