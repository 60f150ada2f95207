import type {
  HttpFailure,
  httpOperations,
  RefreshedTokens,
  SignedOut,
  SignedUp,
  SignUpRefusal,
  Tokens,
  ValidInvitation,
} from '../contract/http.ts';

export interface AccountOptions {
  /** The output `HttpUrl`. */
  readonly url: string;
  /**
   * Where a signed-in user is kept across reloads: `sessionStorage`, `localStorage`. Whatever runs in
   * the page can read it there.
   * @default kept in memory only
   */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** @default the platform's own */
  readonly fetch?: typeof fetch;
}

/** Why something was not done. Nothing was changed by it, unless `code` says that nobody knows. */
export interface AccountFailure {
  readonly ok: false;
  /** `unreachable`: no answer came, so that nobody knows. `signed-out`: there is no user. */
  readonly code: HttpFailure['code'] | 'unreachable' | 'signed-out';
  /** One sentence for people. */
  readonly message: string;
  /** Of a sign-up: what to correct. */
  readonly field?: SignUpRefusal['errorField'];
  /** Seconds after which trying again makes sense, where that is known. */
  readonly retryAfter?: number;
}

export type Outcome<Answer extends object = object> =
  | ({ readonly ok: true } & Answer)
  | AccountFailure;

/** What `getToken` rejects with. */
export class AccountError extends Error {
  readonly failure: AccountFailure;
  constructor(failure: AccountFailure) {
    super(failure.message);
    this.name = 'AccountError';
    this.failure = failure;
  }
}

export interface User {
  /** As it was typed. */
  readonly userName: string;
}

export interface SignUp {
  readonly userName: string;
  readonly password: string;
  /** As it was typed. */
  readonly inviteCode: string;
}

export interface Account {
  /** Who is signed in; undefined for nobody. */
  readonly user: User | undefined;
  signIn(userName: string, password: string): Promise<Outcome>;
  /** Makes an account; it is not signed in by that. The same call may be made again after any failure. */
  signUp(wanted: SignUp): Promise<Outcome<SignedUp>>;
  /** Could somebody sign up with this code now? */
  validateInvitation(inviteCode: string): Promise<Outcome<ValidInvitation>>;
  /** Nobody is signed in from now on. Not `ok`: the tokens are forgotten here, but not revoked; call again. */
  signOut(): Promise<Outcome>;
  /**
   * An access token that is good for minutes yet, for `createClient` and for HTTP calls. However many ask
   * at once, it is refreshed once. Rejects with an {@link AccountError}.
   */
  getToken(): Promise<string>;
  /** Calls back whenever somebody has signed in or out; the function that is returned ends it. */
  onChange(listener: (user: User | undefined) => void): () => void;
}

/** A client asks a minute before its token expires: what it is given then must last longer. */
const REFRESH_BEFORE_MS = 120_000;
const ANSWER_WITHIN_MS = 30_000;
const STORAGE_KEY = 'switchboard.account';

interface Kept extends User {
  readonly refreshToken: string;
}

interface Access {
  readonly token: string;
  /** By this machine's clock. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

type Path = (typeof httpOperations)[keyof typeof httpOperations]['path'];

/** One user's account: signing in, up and out, and a token that is always fresh. */
export function createAccount(options: AccountOptions): Account {
  const { storage, fetch: send = (...call) => fetch(...call) } = options;
  const base = options.url.replace(/\/$/, '');
  const listeners = new Set<(user: User | undefined) => void>();
  let kept = load(storage);
  let access: Access | undefined;
  let refreshing: Promise<string> | undefined;
  /** A refresh token that was to be revoked, and no answer has come that it is. */
  let unrevoked: string | undefined;

  async function call<Answer extends object>(path: Path, body: object): Promise<Outcome<Answer>> {
    try {
      const response = await send(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const answer: unknown = await response.json().catch(() => ({}));
      // What comes over the wire is taken for what the contract says.
      return response.ok ? { ok: true, ...(answer as Answer) } : failureOf(response, answer);
    } catch {
      return { ok: false, code: 'unreachable', message: 'No answer came: are you online?' };
    }
  }

  /** Complete before anybody hears of it: a listener may ask for a token at once. */
  function become(next: Kept | undefined, newAccess?: Access): void {
    kept = next;
    access = newAccess;
    refreshing = undefined;
    if (next) storage?.setItem(STORAGE_KEY, JSON.stringify(next));
    else storage?.removeItem(STORAGE_KEY);
    for (const listener of listeners) listener(userOf(kept));
  }

  async function refresh(mine: Kept): Promise<string> {
    const outcome = await call<RefreshedTokens>('/accessToken', {
      refreshToken: mine.refreshToken,
    });
    if (mine !== kept) return getToken(); // Somebody else signed in meanwhile, or nobody.
    refreshing = undefined;
    if (outcome.ok) {
      access = accessOf(outcome);
      return access.token;
    }
    if (outcome.code === 'refresh-refused') become(undefined);
    else if (access && access.expiresAt > Date.now()) return access.token;
    throw new AccountError(outcome);
  }

  async function getToken(): Promise<string> {
    if (!kept) {
      throw new AccountError({ ok: false, code: 'signed-out', message: 'Nobody is signed in.' });
    }
    if (access && access.renewAt > Date.now()) return access.token;
    refreshing ??= refresh(kept);
    return refreshing;
  }

  return {
    get user() {
      return userOf(kept);
    },
    getToken,
    async signIn(userName, password) {
      const outcome = await call<Tokens>('/signIn', { userName, password });
      if (!outcome.ok) return outcome;
      become({ userName, refreshToken: outcome.refreshToken }, accessOf(outcome));
      return { ok: true };
    },
    signUp: ({ userName, password, inviteCode }) =>
      call<SignedUp>('/signUp', { userName, password, inviteCode }),
    validateInvitation: (inviteCode) =>
      call<ValidInvitation>('/validateInvitation', { inviteCode }),
    async signOut() {
      unrevoked = kept?.refreshToken ?? unrevoked;
      if (kept) become(undefined);
      if (unrevoked === undefined) return { ok: true };
      const outcome = await call<SignedOut>('/signOut', { refreshToken: unrevoked });
      // A token that is none needs no revoking.
      if (!outcome.ok && outcome.code !== 'refresh-refused') return outcome;
      unrevoked = undefined;
      return { ok: true };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const userOf = (kept: Kept | undefined): User | undefined => kept && { userName: kept.userName };

function accessOf({ accessToken, expiresIn }: RefreshedTokens): Access {
  const now = Date.now();
  const lasts = expiresIn * 1000;
  return {
    token: accessToken,
    renewAt: now + lasts - Math.min(REFRESH_BEFORE_MS, lasts / 2),
    expiresAt: now + lasts,
  };
}

/** The gateway itself answers in other words than our functions. */
function failureOf(response: Response, answer: unknown): AccountFailure {
  const { code, message, errorField, errorMessage } = answer as Partial<
    HttpFailure & SignUpRefusal
  >;
  const retryAfter = Number(response.headers.get('retry-after'));
  return {
    ok: false,
    code: code ?? (response.status === 429 ? 'too-many-tries' : 'internal'),
    message: errorMessage ?? message ?? `The answer was ${response.status}.`,
    ...(errorField && { field: errorField }),
    ...(retryAfter > 0 && { retryAfter }),
  };
}

function load(storage: AccountOptions['storage']): Kept | undefined {
  try {
    const { userName, refreshToken } = JSON.parse(storage?.getItem(STORAGE_KEY) ?? '{}');
    const isWhole = typeof userName === 'string' && typeof refreshToken === 'string';
    return isWhole ? { userName, refreshToken } : undefined;
  } catch {
    return undefined; // Somebody else wrote there.
  }
}
