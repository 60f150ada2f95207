import { listTopics, topicOf } from '../operator/topics.ts';
import type { Command } from './command.ts';

const list: Command = {
  usage: '[--tenant T]',
  says: 'topics that ever had a message, with their newest number; reads the whole table',
  options: ['tenant'],
  async run(place, { options: { tenant } }) {
    const topics = await listTopics(place, tenant);
    return {
      json: { topics },
      rows: topics.map((topic) => ({ ...topic })),
      sentence: `${topics.length} topics`,
    };
  },
};

const get: Command = {
  usage: 'TOPIC [--tenant T]',
  says: 'its newest number, and how many sessions listen to it',
  options: ['tenant'],
  words: [1, 1],
  run: async (place, { words: [topic = ''], options: { tenant } }) => ({
    json: await topicOf(place, topic, tenant),
  }),
};

export const topics = { ls: list, get };
