import { randomUUID } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { httpOperations } from '../contract/http.ts';
import { ANONYMOUS_TRIES_PER_ADDRESS } from '../contract/limits.ts';
import { fetchFromElsewhere } from '../test/support/fetch-from.ts';
import { operatorOptions } from '../test/support/people.ts';
import type { Place } from '../test/support/place.ts';
import { startTestStage } from '../test/support/stage.ts';
import { atMost, median, type Report } from './figures.ts';

const TRIES = 200;
/** Fewer wrong passwords than lock a user out: that would be another case. */
const TRIES_PER_USER = 4;
const PASSWORD = 'Correct-Horse-7';
const OTHER = 'Other-Horse-8!';

/** Who is refused, by name and password: a new one of that kind where a kind wears out. */
type Refused = readonly [userName: string, password: string];

/**
 * [S0-01] How long a refusal takes, by its reason, in turn with each other: whoever measures from outside
 * shall not tell them apart.
 */
export async function signIn(): Promise<Report> {
  const { place, stop } = await startTestStage();
  try {
    const kinds = await prepare(place);
    const samples = kinds.map(() => [] as number[]);
    const url = `${place.outputs.HttpUrl?.replace(/\/$/, '')}${httpOperations.signIn.path}`;
    let send = fetchFromElsewhere();
    let sent = 0;
    const timeOf = async ([userName, password]: Refused): Promise<number> => {
      if (sent % ANONYMOUS_TRIES_PER_ADDRESS === 0) send = fetchFromElsewhere();
      sent += 1;
      const began = performance.now();
      const answer = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ userName, password }),
      });
      const ms = performance.now() - began;
      if (answer.status !== 401) throw new Error(`The answer was ${answer.status}.`);
      return ms;
    };
    for (let warming = 0; warming < 10; warming += 1) await timeOf(['warm', PASSWORD]);
    for (let tried = 0; tried < TRIES; tried += 1) {
      for (const [at, { who }] of kinds.entries()) samples[at]?.push(await timeOf(who(tried)));
    }
    const medians = samples.map(median);
    const spread = (Math.max(...medians) / Math.min(...medians) - 1) * 100;
    return {
      figures: [
        ...kinds.map(({ name }, at) => ({ name: `${name}Ms`, value: medians[at] ?? Number.NaN })),
        { name: 'spreadPercent', value: spread, target: atMost(15) },
      ],
      notes: [
        `Medians of ${TRIES} refusals each, in turn, over HTTP on the whole stage. On AWS most of the time is Cognito's own.`,
      ],
    };
  } finally {
    await stop();
  }
}

interface Kind {
  readonly name: string;
  readonly who: (tried: number) => Refused;
}

async function prepare(place: Place): Promise<readonly Kind[]> {
  const cognito = new CognitoIdentityProviderClient(operatorOptions(place));
  const about = (Username: string) => ({ UserPoolId: place.outputs.UserPoolId, Username });
  const create = async (): Promise<string> => {
    const userName = `bench-${randomUUID()}`;
    const more = { TemporaryPassword: PASSWORD, MessageAction: 'SUPPRESS' } as const;
    await cognito.send(new AdminCreateUserCommand({ ...about(userName), ...more }));
    return userName;
  };
  const finish = async (userName: string): Promise<string> => {
    const more = { Password: PASSWORD, Permanent: true };
    await cognito.send(new AdminSetUserPasswordCommand({ ...about(userName), ...more }));
    return userName;
  };
  const known: string[] = [];
  for (let made = 0; made < TRIES / TRIES_PER_USER; made += 1) {
    known.push(await finish(await create()));
  }
  const disabled = await finish(await create());
  await cognito.send(new AdminDisableUserCommand(about(disabled)));
  const unfinished = await create();
  cognito.destroy();
  return [
    { name: 'wrongPassword', who: (tried) => [known[tried % known.length] ?? '', OTHER] },
    { name: 'unknownUser', who: () => [`nobody-${randomUUID()}`, PASSWORD] },
    { name: 'disabledUser', who: () => [disabled, PASSWORD] },
    { name: 'unfinishedUser', who: () => [unfinished, PASSWORD] },
  ];
}
