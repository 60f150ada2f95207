import type { Place } from '../../operator/place.ts';
import type { Asked, Command } from '../command.ts';
import { bad, type Check, type Diagnosis } from './check.ts';
import { connecting } from './connecting.ts';
import { counting } from './counting.ts';
import { receiving } from './receiving.ts';

const checks: readonly Check[] = [...connecting, ...receiving, ...counting];

/** Answers every troubleshooting question of document s4 [S4-11], of a stage or a deployment. */
export const doctor: Command = {
  usage: '[--user U] [--connection ID] [--topic T] [--tenant T]',
  says: 'asks what one asks when connections fail, events do not come, or there are too many',
  options: ['user', 'connection', 'topic', 'tenant'],
  async run(place, asked) {
    const found = await Promise.all(checks.map((check) => examine(check, place, asked)));
    return {
      json: { checks: found },
      rows: found.map(({ isWell, question, says, todo }) => ({
        '': MARKS[String(isWell) as keyof typeof MARKS],
        question,
        answer: todo && isWell !== true ? `${says} → ${todo}` : says,
      })),
      isBad: found.some(({ isWell }) => isWell === false),
    };
  },
};

const MARKS = { true: '✔', false: '✘', undefined: '·' } as const;

type Finding = Omit<Check, 'look'> & Diagnosis;

/** A look that fails is an answer too: one cannot be had without the right to look. */
async function examine(
  { trouble, question, look }: Check,
  place: Place,
  asked: Asked,
): Promise<Finding> {
  try {
    return { trouble, question, ...(await look(place, asked)) };
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    return {
      trouble,
      question,
      ...bad(`It could not be looked at: ${why}`, 'May you look there?'),
    };
  }
}
