import { effect, signal, untracked } from '@preact/signals';
import { announcement } from './announce.ts';
import { Banner } from './components/banner.tsx';
import { Header } from './components/header.tsx';
import { Pane } from './components/pane.tsx';
import { Timeline } from './components/timeline.tsx';
import { openPlayground, type Playground } from './playground.ts';
import { facts, lost } from './stage.ts';

const playground = signal<Playground | undefined>(undefined);

effect(() => {
  const found = facts.value;
  if (found) playground.value = untracked(() => openPlayground(found));
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
      {playground.value?.people.length === 0 && (
        <Banner title="There is nobody here.">
          This stage has no sample people. <code>npm start</code> makes Joe and Sam.
        </Banner>
      )}
      <main>
        <div class="panes">
          {playground.value?.people.map((person) => (
            <Pane key={person.sessionId} person={person} />
          ))}
        </div>
        {playground.value && <Timeline playground={playground.value} />}
      </main>
      <p class="unseen" aria-live="polite">
        {announcement.value}
      </p>
    </>
  );
}
