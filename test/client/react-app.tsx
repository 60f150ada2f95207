/** @jsxImportSource react */
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from '../../client/client.ts';
import { createHooks } from '../../client/react.ts';

interface Pet {
  readonly name: string;
  readonly price: number;
}
type Prices = Readonly<Record<string, number>>;

const { SwitchboardProvider, useConnection, useTopic } = createHooks<{
  Pet: Pet;
  Shop: Pet;
}>();

const url = new URLSearchParams(location.search).get('socket') ?? '';
const client = createClient<{ Pet: Pet; Shop: Pet }>({ url, getToken: () => 'sam' });

async function readPrices(): Promise<Prices> {
  const answer = await fetch('/prices');
  if (!answer.ok) throw new Error('The store is closed.');
  return answer.json();
}

/** What is loaded and changed; its options are made anew with each rendering. */
function Store() {
  const { data, state, recovered, error } = useTopic('Pet', {
    load: readPrices,
    reduce: (prices: Prices, { name, price }) => ({ ...prices, [name]: price }),
  });
  return (
    <output id="store">{JSON.stringify({ data, state, recovered, error: error?.code })}</output>
  );
}

/** The last message alone, of the one topic or the other. */
function Last() {
  const [topic, setTopic] = useState<'Pet' | 'Shop'>('Pet');
  const { data, state, recovered, message, error } = useTopic(topic);
  const known = { name: data?.name, seq: message?.seq, state, recovered, error: error?.code };
  return (
    <>
      <output id="last">{JSON.stringify(known)}</output>
      <button type="button" onClick={() => setTopic('Shop')}>
        Shop
      </button>
    </>
  );
}

function Connection() {
  const { name, reason } = useConnection();
  return <output id="connection">{JSON.stringify({ name, reason })}</output>;
}

function App() {
  const [isOpen, setOpen] = useState(true);
  return (
    <SwitchboardProvider client={client}>
      <Connection />
      {isOpen && <Store />}
      {isOpen && <Last />}
      <button type="button" onClick={() => setOpen(false)}>
        Close
      </button>
    </SwitchboardProvider>
  );
}

const root = createRoot(document.body.appendChild(document.createElement('main')));
root.render(
  <StrictMode>
    <App />
  </StrictMode>,
);
addEventListener('unmount', () => root.unmount());
