import { readConfiguration } from '../operator/configuration.ts';
import type { Command } from './command.ts';

/** What functions really run with. */
const list: Command = {
  usage: '[--find TEXT]',
  says: 'what functions run with, as Lambda tells it; secrets masked',
  options: ['find'],
  async run(place, { options: { find = '' } }) {
    const { variables, functions } = await readConfiguration(place);
    const found = variables.filter(({ name, value }) =>
      `${name} ${value}`.toLowerCase().includes(find.toLowerCase()),
    );
    const differing = new Set(found.filter(({ differs }) => differs).map(({ name }) => name));
    return {
      json: { variables: found, functions },
      rows: found.map(({ name, value, functions: of }) => ({
        name,
        value,
        of: of.length === functions.length ? 'every function' : of.join(', '),
      })),
      sentence:
        differing.size === 0
          ? `${found.length} variables, each with one value`
          : `not every function has the same ${[...differing].join(', ')}`,
    };
  },
};

export const configuration = { ls: list };
