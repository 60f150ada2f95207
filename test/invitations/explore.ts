import { functions } from '../../contract/functions.ts';
import { CLAIM_SECONDS } from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { InvitationRow } from '../../contract/tables.ts';
import { type SignUpReach, signUp } from '../../lambdas/flows/sign-up.ts';
import { getInvitation, putInvitation } from '../../lambdas/stores/invitations.ts';
import { newInvitation } from '../../rules/invitation.ts';
import type { Wanted } from '../../rules/sign-up.ts';
import type { EveryReach } from '../support/engine.ts';
import { openTinyUserPool, type TinyUserPool } from '../support/tiny-user-pool.ts';
import { type HeldCall, type Invocation, invoke } from './gate.ts';

/** A sign-up as it should be, or with a fault planted in it. */
export interface Candidate {
  readonly flow: (reach: SignUpReach, wanted: Wanted, now: number) => Promise<unknown>;
  /** @default the pool as it is */
  readonly users?: (pool: TinyUserPool, codes: readonly string[]) => SignUpReach['users'];
}

export const asItIs: Candidate = { flow: signUp };

export interface Report {
  readonly complaints: readonly string[];
  /** What was met on the way: a schedule without any of it proves nothing. */
  readonly met: Readonly<Record<string, number>>;
}

interface Person {
  readonly wanted: Wanted;
  tries: number;
  run: { readonly invocation: Invocation; readonly startedAt: number } | undefined;
  isDone: boolean;
}

const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const TIMEOUT_MS = functions['sign-up'].timeoutSeconds * 1000;
/** A call that its function did not live to see answered arrives within this time, or never. */
const FLIGHT_MS = CLAIM_SECONDS * 1000 - TIMEOUT_MS - 2000;
const TRIES = 3;
const GOOD = 'Correct-Horse-7';

/** Tells the codes of schedules apart that share their tables. */
let explored = 0;

/** One schedule: a few people, two codes, and chance, which also kills functions and loses answers. */
export async function explore(
  engine: EveryReach,
  seed: number,
  { flow, users }: Candidate = asItIs,
): Promise<Report> {
  const random = randomFrom(seed);
  const below = (most: number) => Math.floor(random() * most);
  const pick = <Item>(items: readonly [Item, ...Item[]]): Item =>
    items[below(items.length)] ?? items[0];
  const pool = openTinyUserPool();
  await pool.addUser('taken', GOOD);
  explored += 1;
  const codes = ['one', 'two'].map((code) => `${code}-${seed}-${explored}`);
  const reach: SignUpReach = { ...engine, users: users?.(pool, codes) ?? pool };
  const met: Record<string, number> = {};
  const complaints = new Set<string>();
  const meet = (what: string) => {
    met[what] = (met[what] ?? 0) + 1;
  };
  let now = T0;
  for (const code of codes) await putInvitation(engine, newInvitation(code, now, 14));

  const person = (code: string | undefined): Person => ({
    wanted: {
      code: code ?? '',
      userName: pick(['ann', 'Ann', 'bob', 'cat', 'taken']),
      password: pick([GOOD, 'Other-Horse-8', 'Other-Horse-9', 'weak']),
    },
    tries: 0,
    run: undefined,
    isDone: false,
  });
  const people = [codes[0], codes[0], codes[0], codes[1], codes[1]].map(person);
  let inFlight: { readonly call: HeldCall; readonly until: number }[] = [];

  const madeBy = (code: string) => pool.all.filter(({ invitation }) => invitation === code);
  const look = () => {
    for (const code of codes) {
      const finished = madeBy(code).filter(({ isFinished }) => isFinished);
      if (finished.length > 1) complaints.add('one code, two accounts');
    }
  };
  const land = async (call: HeldCall): Promise<void> => {
    inFlight = inFlight.filter((each) => each.call !== call);
    await call.execute().catch(() => {}); // Nobody is left to hear of it.
    look();
  };
  const die = (who: Person, why: string): void => {
    meet(why);
    who.run = undefined;
  };
  const fly = (call: HeldCall, sentAt = now) => inFlight.push({ call, until: sentAt + FLIGHT_MS });

  const start = async (who: Person): Promise<void> => {
    who.tries += 1;
    const invocation = await invoke(reach, (gated) => flow(gated, who.wanted, now));
    who.run = { invocation, startedAt: now };
  };

  const proceed = async (who: Person): Promise<void> => {
    const held = who.run?.invocation.held;
    if (!who.run || !held) return;
    const { invocation } = who.run;
    const writes = ['create', 'finish', 'remove', 'UpdateCommand'].includes(held.what);
    const chance = random();
    if (chance < 0.03) return die(who, 'died before a call');
    if (chance < 0.06) {
      await land(held);
      return die(who, 'died after a call');
    }
    if (chance < 0.09 && writes) {
      fly(held);
      return die(who, 'died with a call under way');
    }
    if (chance < 0.13 && writes) {
      meet(`error, no ${held.what}`);
      return invocation.step(failing);
    }
    if (chance < 0.17 && writes) {
      meet(`error, ${held.what} later`);
      fly(held);
      return invocation.step(failing);
    }
    if (chance < 0.23 && writes) {
      meet(`error, but ${held.what} done`);
      await land(held);
      // The SDK asks again by itself, and hears of its own first try.
      return invocation.step(random() < 0.5 ? failing : foundDone);
    }
    const result = await held.execute().then(
      (value) => ({ value }),
      (fault: unknown) => ({ fault }),
    );
    look();
    await invocation.step(({ answer, fail }) =>
      'fault' in result ? fail(result.fault) : answer(result.value),
    );
  };

  const hear = (who: Person): void => {
    const outcome = who.run?.invocation.outcome;
    if (!outcome) return;
    who.run = undefined;
    if ('value' in outcome) {
      who.isDone = true;
      meet('signed up');
      const own = madeBy(who.wanted.code).find(
        ({ userName }) => userName.toLowerCase() === who.wanted.userName.toLowerCase(),
      );
      if (!own?.isFinished || own.password !== who.wanted.password) {
        complaints.add('told that it was done, and it was not');
      }
    } else if (outcome.fault instanceof Refusal) meet(outcome.fault.code);
    else meet('defect');
  };

  const wait = async (ms: number): Promise<void> => {
    now += ms;
    for (const who of people) {
      const diedAt = (who.run?.startedAt ?? now) + TIMEOUT_MS;
      if (!who.run || diedAt > now) continue;
      const { held } = who.run.invocation;
      if (held && random() < 0.5) fly(held, diedAt);
      die(who, 'timed out');
    }
    for (const { call, until } of inFlight) {
      if (until >= now) continue;
      inFlight = inFlight.filter((each) => each.call !== call);
      if (random() < 0.7) await land(call);
    }
  };

  for (;;) {
    const running = people.filter(({ run }) => run);
    const idle = people.filter(({ run, isDone, tries }) => !run && !isDone && tries < TRIES);
    if (running.length === 0 && idle.length === 0) break;
    const chance = random();
    const [flying] = inFlight;
    if (chance < 0.08) await wait(below(70_000));
    else if (chance < 0.14 && flying) await land(flying.call);
    else if ((chance < 0.3 || running.length === 0) && idle[0]) {
      await start(pick([idle[0], ...idle]));
    } else if (running[0]) {
      const who = pick([running[0], ...running]);
      await proceed(who);
      hear(who);
    }
  }

  // All is quiet, every call has landed, every claim has run out.
  await wait((CLAIM_SECONDS + 1) * 1000);
  for (const { call } of inFlight) await land(call);
  for (const code of codes) {
    for (const complaint of await heal(code)) complaints.add(complaint);
  }
  look();
  return { complaints: [...complaints], met };

  /** Somebody new comes with the code: they get the account, unless somebody else has it for good. */
  async function heal(code: string): Promise<string[]> {
    const owner = madeBy(code).find(({ isFinished }) => isFinished);
    const late: Wanted = owner
      ? { code, userName: owner.userName, password: owner.password }
      : { code, userName: `late-${code}`, password: GOOD };
    const stranger: Wanted = { code, userName: `stranger-${code}`, password: GOOD };
    const told: string[] = [];
    const tryIt = (wanted: Wanted) =>
      flow(reach, wanted, now).then(
        () => true,
        () => false,
      );
    if (owner && (await tryIt(stranger))) told.push('one code, two accounts');
    if (!(await tryIt(late))) told.push(owner ? 'one could not finish' : 'a code was burnt');
    const row = (await getInvitation(engine, code)) as InvitationRow | undefined;
    const made = madeBy(code);
    if (made.length !== 1) told.push(`a code made ${made.length} users in the end`);
    if (row?.state !== 'used' || row.usedBy !== made[0]?.userId) told.push('a code was not marked');
    return told;
  }
}

/** What the caller sees of a call whose answer was lost, or that failed. */
const failing = ({ what, answer, fail }: HeldCall): void =>
  what === 'create'
    ? answer({ is: 'unknown', cause: new Error('InternalErrorException') })
    : fail(new Error('InternalErrorException'));

/** What a second try sees of the first one's work. */
const foundDone = ({ what, answer, fail }: HeldCall): void => {
  if (what === 'create') answer({ is: 'taken' });
  else if (what === 'UpdateCommand') {
    fail(Object.assign(new Error('lost'), { name: 'ConditionalCheckFailedException' }));
  } else answer(undefined);
};

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
