import { facts } from '../stage.ts';
import { AuditScreen } from './audit.tsx';
import { ConfigurationScreen } from './configuration.tsx';
import { ConnectionsScreen } from './connections.tsx';
import { ExecutionsScreen } from './executions.tsx';
import { FunctionsScreen } from './functions.tsx';
import { GatesScreen } from './gates.tsx';
import { InvitationsScreen } from './invitations.tsx';
import { LiveScreen } from './live.tsx';
import { isOperating } from './operating.ts';
import { OverviewScreen } from './overview.tsx';
import { ParkedScreen } from './parked.tsx';
import { screen } from './place.ts';
import { TopicsScreen } from './topics.tsx';
import { UsersScreen } from './users.tsx';

const screens = {
  overview: ['Overview', OverviewScreen],
  live: ['Live', LiveScreen],
  connections: ['Connections', ConnectionsScreen],
  users: ['Users', UsersScreen],
  topics: ['Topics', TopicsScreen],
  parked: ['Parked', ParkedScreen],
  executions: ['Executions', ExecutionsScreen],
  functions: ['Functions', FunctionsScreen],
  invitations: ['Invitations', InvitationsScreen],
  audit: ['Audit', AuditScreen],
  configuration: ['Configuration', ConfigurationScreen],
  gates: ['Gates', GatesScreen],
} as const;

const names = Object.keys(screens) as (keyof typeof screens)[];
/** A deployment misbehaves by itself. */
const ofStage: readonly string[] = ['gates'];

/** The operator's screens: the URL names one, and nothing is changed before the switch. */
export function OperatorFrame() {
  const shown = names.filter((name) => facts.value?.isStage || !ofStage.includes(name));
  const chosen = shown.find((name) => name === screen.value) ?? 'overview';
  const [, Screen] = screens[chosen];
  return (
    <div class="operate">
      <div class="screen-head">
        <nav class="sections" aria-label="Screens">
          {shown.map((name) => (
            <a
              key={name}
              href={`#operate/${name}`}
              aria-current={name === chosen ? 'page' : undefined}
            >
              {screens[name][0]}
            </a>
          ))}
        </nav>
        <label class="switch">
          <input
            type="checkbox"
            checked={isOperating.value}
            onChange={({ currentTarget }) => {
              isOperating.value = currentTarget.checked;
            }}
          />
          operate
        </label>
      </div>
      <Screen key={chosen} />
    </div>
  );
}
