import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Accounts } from '../accounts.ts';
import type { StageFacts } from '../stage.ts';
import { Segments } from './segments.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { SignUpForm } from './sign-up-form.tsx';
import { SignedIn } from './signed-in.tsx';

const doors = [
  ['signIn', 'Sign in'],
  ['signUp', 'Sign up'],
] as const;

interface AccountAreaProps {
  readonly accounts: Accounts;
  readonly invitation: StageFacts['invitation'];
}

/** Where somebody becomes the third person at the playground. */
export function AccountArea({ accounts, invitation }: AccountAreaProps) {
  const door = useSignal<(typeof doors)[number][0]>('signIn');
  const guest = accounts.guest.value;
  const title = useRef<HTMLHeadingElement>(null);
  const before = useRef(guest);
  useEffect(() => {
    if (before.current === guest) return;
    before.current = guest;
    // The form that had the focus is gone, or the button.
    title.current?.focus();
    // Whoever comes again has an account.
    door.value = 'signIn';
  }, [guest, door]);

  return (
    <section class="card" aria-labelledby="account-title">
      <h2 id="account-title" ref={title} tabIndex={-1}>
        Your account
      </h2>
      {accounts.note.value && <p class="small">{accounts.note.value}</p>}
      {guest ? (
        <SignedIn person={guest} signOut={accounts.signOut} />
      ) : (
        <>
          <p class="small">
            Joe and Sam were signed in for you. Come in as somebody else, here or on a second
            device, and you get a pane of your own beside theirs.
          </p>
          <Segments
            legend="With an account, or without one yet"
            name="door"
            options={doors}
            value={door.value}
            onChange={(next) => {
              door.value = next;
            }}
          />
          {door.value === 'signIn' ? (
            <SignInForm accounts={accounts} />
          ) : (
            <SignUpForm accounts={accounts} invitation={invitation} />
          )}
        </>
      )}
    </section>
  );
}
