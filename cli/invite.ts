import type { GenerateInvitationAnswer } from '../contract/internal.ts';
import { ask } from '../operator/aws.ts';
import { UsageError } from '../operator/errors.ts';
import type { Command } from './command.ts';

const create: Command = {
  usage: '[--days N]',
  says: 'makes an invitation; its code is told here and nowhere else',
  options: ['days'],
  async run(place, { options: { days } }) {
    const validDays = days === undefined ? undefined : Number(days);
    if (validDays !== undefined && !Number.isInteger(validDays)) {
      throw new UsageError('--days takes a whole number.');
    }
    const answer = await ask<GenerateInvitationAnswer>(place, 'GenerateInvitationFunctionName', {
      validDays,
    });
    return { json: answer, sentence: `${answer.inviteCode}, good until ${answer.expiresAt}` };
  },
};

export const invite = { create };
