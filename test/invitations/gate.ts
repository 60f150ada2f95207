import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SignUpReach } from '../../lambdas/flows/sign-up.ts';

/** A call that an invocation wants to make, held until the scheduler says what becomes of it. */
export interface HeldCall {
  /** `create`, `UpdateCommand` … */
  readonly what: string;
  /** Makes it happen; whoever called is told nothing yet. */
  execute(): Promise<unknown>;
  answer(result: unknown): void;
  fail(fault: unknown): void;
}

/** One run of a function. */
export interface Invocation {
  /** The call that it waits for; undefined once it has ended. */
  readonly held: HeldCall | undefined;
  readonly outcome: { readonly value: unknown } | { readonly fault: unknown } | undefined;
  /** Lets the held call end in this way, and resolves when the next one is held or the run has ended. */
  step(end: (held: HeldCall) => void): Promise<void>;
}

/** Starts a flow that stops before each of its calls, to DynamoDB as to Cognito. */
export async function invoke(
  reach: SignUpReach,
  flow: (reach: SignUpReach) => Promise<unknown>,
): Promise<Invocation> {
  let held: HeldCall | undefined;
  let outcome: Invocation['outcome'];
  let arrived = Promise.withResolvers<void>();

  const hold: Hold = (what, execute) =>
    new Promise((answer, fail) => {
      held = { what, execute, answer, fail };
      arrived.resolve();
    });
  const end = (how: NonNullable<Invocation['outcome']>): void => {
    outcome = how;
    arrived.resolve();
  };
  flow(gated(reach, hold)).then(
    (value) => end({ value }),
    (fault) => end({ fault }),
  );
  await arrived.promise;
  return {
    get held() {
      return held;
    },
    get outcome() {
      return outcome;
    },
    async step(how) {
      const call = held;
      if (!call) return;
      held = undefined;
      arrived = Promise.withResolvers();
      how(call);
      await arrived.promise;
    },
  };
}

type Hold = (what: string, execute: () => Promise<unknown>) => Promise<unknown>;

/** The same reach, each of whose calls asks `hold` first. */
function gated(reach: SignUpReach, hold: Hold): SignUpReach {
  type Command = Parameters<DynamoDBDocumentClient['send']>[0];
  const documents = {
    send: (command: Command) => hold(command.constructor.name, () => reach.documents.send(command)),
  } as unknown as DynamoDBDocumentClient;
  const { signIn, refresh, revoke, create, finish, find, remove } = reach.users;
  const users = Object.fromEntries(
    Object.entries({ signIn, refresh, revoke, create, finish, find, remove }).map(
      ([name, call]: [string, (...args: never[]) => Promise<unknown>]) => [
        name,
        (...args: never[]) => hold(name, () => call(...args)),
      ],
    ),
  );
  return { ...reach, documents, users: users as unknown as SignUpReach['users'] };
}
