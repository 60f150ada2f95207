import type { StageFacts, User } from './stage.ts';

/** An access token of one user, signed in again whenever the last one is about to expire. */
export interface Tokens {
  /** Rejects with a sentence. */
  get(): Promise<string>;
  /** The last one was refused: the next call signs in. */
  forget(): void;
}

const RENEW_BEFORE_MS = 120_000;

export function createTokens({ awsUrl, clientId }: StageFacts, user: User): Tokens {
  let current: Promise<{ token: string; expiresAt: number }> | undefined;

  async function signIn() {
    const answer = await fetch(awsUrl, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'AWSCognitoIdentityProviderService.InitiateAuth',
      },
      body: JSON.stringify({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: clientId,
        AuthParameters: { USERNAME: user.userName, PASSWORD: user.password },
      }),
    });
    const said = await answer.json();
    const result = said.AuthenticationResult;
    if (!result) throw new Error(`Cognito does not sign ${user.name} in: ${said.message}`);
    return { token: result.AccessToken, expiresAt: Date.now() + result.ExpiresIn * 1000 };
  }

  const tokens: Tokens = {
    async get() {
      current ??= signIn();
      const mine = current;
      try {
        const { token, expiresAt } = await mine;
        if (expiresAt - Date.now() > RENEW_BEFORE_MS) return token;
      } catch (error) {
        if (current === mine) current = undefined;
        throw error;
      }
      if (current === mine) current = undefined;
      current ??= signIn();
      return (await current).token;
    },
    forget() {
      current = undefined;
    },
  };
  return tokens;
}
