import { effect, signal, untracked } from '@preact/signals';
import { type Accounts, createAccounts } from './accounts.ts';
import { announcement } from './announce.ts';
import { Banner } from './components/banner.tsx';
import { Header } from './components/header.tsx';
import { Pane } from './components/pane.tsx';
import { People } from './components/people.tsx';
import { Timeline } from './components/timeline.tsx';
import { OperatorFrame } from './operator/frame.tsx';
import { openPlayground, type Playground } from './playground.ts';
import { section } from './section.ts';
import { facts, lost, type StageFacts } from './stage.ts';
import { createWatch, type Watch } from './watch.ts';

interface Open {
  readonly stage: StageFacts;
  readonly playground: Playground;
  readonly accounts: Accounts;
  readonly watch: Watch | undefined;
}

const open = signal<Open | undefined>(undefined);

effect(() => {
  const stage = facts.value;
  if (stage?.isStage) open.value = untracked(() => openAll(stage));
});

function openAll(stage: StageFacts): Open {
  const playground = openPlayground(stage);
  const accounts = createAccounts(stage, playground);
  return { stage, playground, accounts, watch: stage.watcher && createWatch(stage, stage.watcher) };
}

// Looking on is a session too: it begins when somebody first looks.
effect(() => {
  if (section.value === 'people') open.value?.watch?.connect();
});

export function App() {
  return (
    <>
      <Header />
      {lost.value && (
        <Banner title="The stage does not answer.">
          Start it again with <code>npm start</code>: this page looks for it and goes on by itself.
        </Banner>
      )}
      {open.value && <Sections {...open.value} />}
      {facts.value?.isStage === false && (
        <main>
          <OperatorFrame />
        </main>
      )}
      <p class="unseen" aria-live="polite">
        {announcement.value}
      </p>
    </>
  );
}

function Sections({ stage, playground, accounts, watch }: Open) {
  const people = playground.people.value;
  return (
    <main>
      <div hidden={section.value !== 'playground'}>
        {people.length === 0 && (
          <Banner title="There is nobody here.">
            This stage has no sample people. <code>npm start</code> makes Joe and Sam.
          </Banner>
        )}
        <div class="panes">
          {people.map((person) => (
            <Pane key={person.sessionId} person={person} />
          ))}
        </div>
        <Timeline playground={playground} />
      </div>
      {section.value === 'operate' && <OperatorFrame />}
      <div hidden={section.value !== 'people'}>
        <People
          accounts={accounts}
          playground={playground}
          watch={watch}
          invitation={stage.invitation}
        />
      </div>
    </main>
  );
}
