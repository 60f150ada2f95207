import { useSignal } from '@preact/signals';
import type { GenerateInvitationAnswer } from '../../../contract/internal.ts';
import {
  PASSWORD_CHARACTERS,
  PASSWORD_LEAST_CHARACTERS,
  USER_NAME_CHARACTERS,
} from '../../../contract/limits.ts';
import type { Accounts, Refused } from '../accounts.ts';
import { formatDay } from '../format.ts';
import { CodeField } from './code-field.tsx';
import { Field } from './field.tsx';
import { useCodeCheck } from './use-code-check.ts';
import { useSubmit } from './use-submit.ts';

interface SignUpFormProps {
  readonly accounts: Accounts;
  readonly invitation: GenerateInvitationAnswer | undefined;
}

const passwordAdvice = `${PASSWORD_LEAST_CHARACTERS} characters or more: small and capital letters, digits and symbols.`;

export function SignUpForm({ accounts, invitation }: SignUpFormProps) {
  const userName = useSignal('');
  const password = useSignal('');
  const check = useCodeCheck(accounts.validateInvitation);
  const { form, submit, busy, refused, mend } = useSubmit(
    () =>
      accounts.signUp({
        inviteCode: check.code.value,
        userName: userName.value,
        password: password.value,
      }),
    'inviteCode',
  );
  const isTaken = [accounts.spent.value, check.code.value].includes(invitation?.inviteCode);
  const errorAt = (field: Refused['field']) =>
    refused?.field === field ? refused.sentence : undefined;

  return (
    <form class="account-form" ref={form} onSubmit={submit}>
      {invitation && !isTaken && (
        <Offer
          invitation={invitation}
          onUse={() => {
            mend('inviteCode');
            check.type(invitation.inviteCode);
            void check.leave();
            const next = form.current?.elements.namedItem('userName');
            if (next instanceof HTMLInputElement) next.focus();
          }}
        />
      )}
      <CodeField check={check} error={errorAt('inviteCode')} onType={() => mend('inviteCode')} />
      <Field
        label="User name"
        name="userName"
        type="text"
        autoComplete="username"
        autoCapitalize="none"
        spellcheck={false}
        maxLength={USER_NAME_CHARACTERS}
        error={errorAt('userName')}
        value={userName}
        onInput={(event) => {
          userName.value = event.currentTarget.value;
          mend('userName');
        }}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        maxLength={PASSWORD_CHARACTERS}
        advice={passwordAdvice}
        error={errorAt('password')}
        value={password}
        onInput={(event) => {
          password.value = event.currentTarget.value;
          mend('password');
        }}
      />
      <button type="submit" class="strong" aria-disabled={busy}>
        {busy ? 'Making the account …' : 'Sign up'}
      </button>
      {refused?.field === 'system' && (
        <p class="trouble" role="alert">
          {refused.sentence}
        </p>
      )}
    </form>
  );
}

function Offer({ invitation, onUse }: { invitation: GenerateInvitationAnswer; onUse(): void }) {
  return (
    <p class="offer">
      <span>
        The stage made one for you, good until {formatDay(Date.parse(invitation.expiresAt))}:{' '}
        <code>{invitation.inviteCode}</code>
      </span>
      <button type="button" onClick={onUse}>
        Use this code
      </button>
    </p>
  );
}
