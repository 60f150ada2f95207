import { signal } from '@preact/signals';
import type { GenerateInvitationAnswer } from '../../contract/internal.ts';

/** Where everything is, and who may use it. */
export interface StageFacts {
  /** A stage on this machine; else whatever the operator looks after, of which there are their screens alone. */
  readonly isStage: boolean;
  /** The name of the stack. */
  readonly name: string;
  /** The dashboard in CloudWatch; empty where there is none. */
  readonly dashboard: string;
  readonly region: string;
  readonly webSocketUrl: string;
  readonly httpUrl: string;
  /** The endpoint that stands in for AWS; Cognito answers there. */
  readonly awsUrl: string;
  readonly clientId: string;
  readonly users: readonly User[];
  /** As whom the page listens for who comes and goes. */
  readonly watcher: User | undefined;
  /** For whoever wants to sign up. */
  readonly invitation: GenerateInvitationAnswer | undefined;
}

export interface User {
  readonly name: string;
  readonly userName: string;
  readonly password: string;
}

const ASK_AGAIN_MS = 1_000;

/** The stage's facts; `undefined` until it has answered once. */
export const facts = signal<StageFacts | undefined>(undefined);
/** The stage does not answer. It is asked again until it does. */
export const lost = signal(false);

/** Resolves as soon as the stage answers. */
export async function findStage(): Promise<void> {
  for (;;) {
    const found = await askFacts();
    if (found) {
      // Started anew: other people, perhaps other ports, and a page that may be newer than this one.
      const known = facts.value ?? found;
      if (JSON.stringify(found) !== JSON.stringify(known)) location.reload();
      facts.value = known;
      lost.value = false;
      return;
    }
    lost.value = true;
    await new Promise((done) => setTimeout(done, ASK_AGAIN_MS));
  }
}

async function askFacts(): Promise<StageFacts | undefined> {
  try {
    const answer = await fetch('/console/facts', { cache: 'no-store' });
    if (!answer.ok) return undefined;
    const { isStage, region, urls, outputs, users, watcher, invitation } = await answer.json();
    // By stack, as `cdk deploy --outputs-file` writes them; the names are the construct's.
    const all: Record<string, string> = Object.assign({}, ...Object.values(outputs));
    return {
      isStage,
      name: all.DeploymentName ?? '',
      dashboard: all.DashboardName ?? '',
      region: region ?? '',
      webSocketUrl: all.WebSocketUrl ?? '',
      httpUrl: all.HttpUrl ?? '',
      awsUrl: urls?.aws ?? '',
      clientId: all.UserPoolClientId ?? '',
      users: users ?? [],
      watcher,
      invitation,
    };
  } catch {
    return undefined;
  }
}

/** Cuts a connection below WebSocket, as a pulled cable does: no close frame in either direction. */
export async function cutConnection(connectionId: string): Promise<void> {
  await fetch('/stage/drop', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ connectionId, how: 'tcp' }),
  }).catch(() => {});
}
