import { useSignal } from '@preact/signals';
import { PASSWORD_CHARACTERS, USER_NAME_CHARACTERS } from '../../../contract/limits.ts';
import type { Accounts } from '../accounts.ts';
import { Field } from './field.tsx';
import { useSubmit } from './use-submit.ts';

export function SignInForm({ accounts }: { accounts: Accounts }) {
  const userName = useSignal('');
  const password = useSignal('');
  const { form, submit, busy, refused } = useSubmit(
    () => accounts.signIn({ userName: userName.value, password: password.value }),
    'password',
  );
  return (
    <form class="account-form" ref={form} onSubmit={submit}>
      <Field
        label="User name"
        name="userName"
        type="text"
        autoComplete="username"
        autoCapitalize="none"
        spellcheck={false}
        maxLength={USER_NAME_CHARACTERS}
        value={userName}
        onInput={(event) => {
          userName.value = event.currentTarget.value;
        }}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        maxLength={PASSWORD_CHARACTERS}
        value={password}
        onInput={(event) => {
          password.value = event.currentTarget.value;
        }}
      />
      <button type="submit" class="strong" aria-disabled={busy}>
        {busy ? 'Signing in …' : 'Sign in'}
      </button>
      {refused && (
        <p class="trouble" role="alert">
          {refused.sentence}
        </p>
      )}
    </form>
  );
}
