import { type ReadonlySignal, signal } from '@preact/signals';
import {
  type Account,
  type AccountFailure,
  createAccount,
  type SignUp,
} from '../../client/account.ts';
import type { SignUpRefusal } from '../../contract/http.ts';
import { announce } from './announce.ts';
import type { Person } from './person.ts';
import type { Playground } from './playground.ts';
import type { StageFacts } from './stage.ts';

/** Why somebody is not signed in, and at which field to say so. */
export interface Refused {
  readonly field: SignUpRefusal['errorField'];
  readonly sentence: string;
}

export type Credentials = Pick<SignUp, 'userName' | 'password'>;

export interface Accounts extends Pick<Account, 'validateInvitation'> {
  /** Whoever has signed in with a password; a third pane in the playground is theirs. */
  readonly guest: ReadonlySignal<Person | undefined>;
  /** What concerns no form that is there. */
  readonly note: ReadonlySignal<string>;
  /** The code of the last account that was made here: it is good for no other. */
  readonly spent: ReadonlySignal<string | undefined>;
  /** Each gives why not, or undefined when it is done. */
  signIn(who: Credentials): Promise<Refused | undefined>;
  signUp(wanted: SignUp): Promise<Refused | undefined>;
  signOut(): Promise<void>;
}

/** Whoever signs in sits down at the playground; a reload of the page leaves them there. */
export function createAccounts({ httpUrl }: StageFacts, playground: Playground): Accounts {
  const account = createAccount({ url: httpUrl, storage: sessionStorage });
  const guest = signal<Person | undefined>(undefined);
  const note = signal('');
  const spent = signal<string | undefined>(undefined);

  function sit(userName: string): void {
    guest.value = playground.join(userName, { get: account.getToken, forget() {} });
  }

  account.onChange((user) => {
    const { value: person } = guest;
    if (user || !person) return;
    playground.leave(person);
    guest.value = undefined;
    note.value = `${person.name} is signed out.`;
    announce(note.value);
  });

  async function signIn({ userName, password }: Credentials): Promise<Refused | undefined> {
    note.value = '';
    const outcome = await account.signIn(userName, password);
    if (!outcome.ok) return refusedBy(outcome);
    sit(userName);
    announce(`${userName} is signed in.`);
    return undefined;
  }

  if (account.user) sit(account.user.userName);
  return {
    guest,
    note,
    spent,
    signIn,
    validateInvitation: account.validateInvitation,
    async signUp(wanted) {
      note.value = '';
      const outcome = await account.signUp(wanted);
      if (!outcome.ok) return refusedBy(outcome);
      spent.value = wanted.inviteCode;
      const refused = await signIn(wanted);
      return refused && { field: 'system', sentence: `The account is made. ${refused.sentence}` };
    },
    async signOut() {
      const outcome = await account.signOut();
      if (outcome.ok) return;
      note.value = `${note.value} The tokens could not be revoked: ${outcome.message}`;
      announce(note.value);
    },
  };
}

const refusedBy = ({ field = 'system', message }: AccountFailure): Refused => ({
  field,
  sentence: message,
});
