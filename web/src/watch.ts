import { type Signal, signal } from '@preact/signals';
import { createClient } from '../../client/client.ts';
import type { State } from '../../client/state.ts';
import type { LifecycleType } from '../../contract/events.ts';
import type {
  ONLINE_TOPIC,
  OnlineAnswer,
  OnlineChange,
  operations,
} from '../../sample/ephemera/operations.ts';
import { callAs, refusalOf } from './http.ts';
import { changed, eventOf, listed, type Presence } from './presence.ts';
import type { StageFacts, User } from './stage.ts';
import { createTokens } from './tokens.ts';

// By type only, because the module that says so brings the validation of requests with it.
const onlinePath: typeof operations.listOnline.path = '/online';
const onlineTopic: typeof ONLINE_TOPIC = 'Online';

export type Known =
  | { readonly status: 'loading' }
  | { readonly status: 'here'; readonly presence: Presence }
  | { readonly status: 'failed'; readonly sentence: string };

/** One lifecycle event, as it reached this page. */
export interface Happening {
  readonly id: string;
  readonly type: LifecycleType;
  readonly player: string;
  readonly sessionId: string | undefined;
  /** ISO, in whole seconds, as the table's stream tells it: when it was recorded. */
  readonly at: string;
  /** It was missed when it happened, and was read afterwards. */
  readonly recovered: boolean;
}

export interface Watch {
  readonly name: string;
  readonly sessionId: string;
  readonly userId: Signal<string | undefined>;
  readonly state: Signal<State>;
  readonly known: Signal<Known>;
  /** Newest first. */
  readonly happenings: Signal<readonly Happening[]>;
  connect(): void;
  load(): Promise<void>;
}

const KEPT = 60;

/** Follows who comes and goes, on a socket of its own: nobody's cable in the playground concerns it. */
export function createWatch(stage: StageFacts, user: User): Watch {
  const tokens = createTokens(stage, user);
  const client = createClient<{ readonly [Topic in typeof ONLINE_TOPIC]: OnlineChange }>({
    url: stage.webSocketUrl,
    getToken: tokens.get,
  });
  const userId = signal<string | undefined>(undefined);
  const state = signal(client.state);
  const known = signal<Known>({ status: 'loading' });
  const happenings = signal<readonly Happening[]>([]);
  /** Changes that come while the list is asked for. */
  let meanwhile: OnlineChange[] | undefined;

  async function load(): Promise<void> {
    const came: OnlineChange[] = [];
    meanwhile = came;
    try {
      const answer = await callAs(tokens, stage.httpUrl, onlinePath);
      if (!answer.ok) throw await refusalOf(answer);
      const list: OnlineAnswer = await answer.json();
      known.value = { status: 'here', presence: listed(list, came) };
    } catch (error) {
      if (known.value.status === 'here') return;
      known.value = { status: 'failed', sentence: say(error) };
    } finally {
      if (meanwhile === came) meanwhile = undefined;
    }
  }

  client.on('state', (next) => {
    state.value = next;
    if (next.name === 'connected') userId.value = next.userId;
  });
  // Every change from here on arrives: the list that is read now and changed by them misses nothing.
  client.on('subscribed', () => void load());
  client.on('gap', ({ recovered }) => {
    if (!recovered) void load();
  });
  client.subscribe(onlineTopic, (change, { id, recovered }) => {
    meanwhile?.push(change);
    if (known.value.status === 'here') {
      known.value = { status: 'here', presence: changed(known.value.presence, change) };
    }
    const { player, sessionId, since: at } = change;
    const happening = { id, type: eventOf(change), player, sessionId, at, recovered };
    happenings.value = [happening, ...happenings.value.slice(0, KEPT - 1)];
  });

  return {
    name: user.name,
    sessionId: client.sessionId,
    userId,
    state,
    known,
    happenings,
    connect: client.connect,
    load,
  };
}

const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));
