import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { LoadReason } from './audience.ts';
import type { Client } from './client.ts';
import type { Trouble } from './events.ts';
import type { Received } from './inbox.ts';
import type { State } from './state.ts';

/** What a component knows of a topic. */
export interface TopicState<Data> {
  /** Undefined while `loading`. */
  readonly data: Data | undefined;
  /** `failed`: it could not be loaded, or followed; `error` says why, and what can be tried again is. */
  readonly state: 'loading' | 'live' | 'failed';
  /** False when messages were lost for good and `data` has not been loaded anew since. */
  readonly recovered: boolean;
  readonly error: Trouble | undefined;
  /** The last message that `data` contains. */
  readonly message: Received | undefined;
}

export interface TopicOptions<Payload, Data> {
  /** Brings what the messages change: at first, and when messages were lost for good. Messages wait for it. */
  readonly load: (why: LoadReason) => Data | Promise<Data>;
  /** Gives the data as they are after a message. They may contain it already: `load` was later. */
  readonly reduce: (data: Data, payload: Payload, message: Received) => Data;
}

export interface Hooks<Topics> {
  /** Connects the client as long as it is mounted. */
  SwitchboardProvider(props: {
    readonly client: Client<Topics>;
    readonly children?: ReactNode;
  }): ReactNode;
  useClient(): Client<Topics>;
  /** Where the connection is, and why. */
  useConnection(): State;
  /** The last message on the topic, from now on. */
  useTopic<Topic extends keyof Topics & string>(topic: Topic): TopicState<Topics[Topic]>;
  /** What was loaded, changed by each message since. */
  useTopic<Topic extends keyof Topics & string, Data>(
    topic: Topic,
    options: TopicOptions<Topics[Topic], Data>,
  ): TopicState<Data>;
}

/** Hooks that know the application's topics: made once, beside the map of topics. */
export function createHooks<Topics>(): Hooks<Topics> {
  const Context = createContext<Client<Topics> | undefined>(undefined);

  function useClient(): Client<Topics> {
    const client = useContext(Context);
    if (!client) throw new Error('There is no SwitchboardProvider above this component.');
    return client;
  }

  return {
    SwitchboardProvider({ client, children }) {
      useEffect(() => {
        client.connect();
        return client.disconnect;
      }, [client]);
      return createElement(Context.Provider, { value: client }, children);
    },
    useClient,
    useConnection() {
      const client = useClient();
      const read = () => client.state;
      return useSyncExternalStore((changed) => client.on('state', changed), read, read);
    },
    useTopic<Topic extends keyof Topics & string, Data>(
      topic: Topic,
      options?: TopicOptions<Topics[Topic], Data>,
    ): TopicState<Data> {
      const client = useClient();
      const [known, setKnown] = useState(() => nothingOf<Data>(topic));
      // Options may be made anew with each rendering: that is no reason to subscribe anew.
      const latest = useRef(options);
      useEffect(() => {
        latest.current = options;
      });
      useEffect(() => {
        const nothing = nothingOf<Data>(topic);
        setKnown(nothing);
        return follow(client, topic, latest, nothing, setKnown);
      }, [client, topic]);
      // What is known of another topic is nothing.
      return known.topic === topic ? known : nothingOf<Data>(topic);
    },
  };
}

interface Known<Data> extends TopicState<Data> {
  readonly topic: string;
}

const nothingOf = <Data>(topic: string): Known<Data> => ({
  topic,
  data: undefined,
  state: 'loading',
  recovered: true,
  error: undefined,
  message: undefined,
});

/** Tells `show` whatever becomes known of the topic; the function that is returned ends it. */
function follow<Topics, Topic extends keyof Topics & string, Data>(
  client: Client<Topics>,
  topic: Topic,
  latest: { readonly current: TopicOptions<Topics[Topic], Data> | undefined },
  nothing: Known<Data>,
  show: (known: Known<Data>) => void,
): () => void {
  let known = nothing;
  let isOver = false;

  function know(more: Partial<Known<Data>>): void {
    if (isOver) return;
    known = { ...known, ...more };
    show(known);
  }

  const { unsubscribe } = client.subscribe(
    topic,
    (payload, message) => {
      const reduce = latest.current?.reduce;
      // Without options the data are the payloads.
      const data = reduce
        ? reduce(known.data as Data, payload, message)
        : (payload as unknown as Data);
      know({ data, message });
    },
    {
      async load(why) {
        const { current } = latest;
        if (current) know({ data: await current.load(why), message: undefined, recovered: true });
        know({ state: 'live', error: undefined });
      },
    },
  );
  const offs = [
    client.on('gap', (gap) => {
      if (gap.topic === topic && !gap.recovered) know({ recovered: false });
    }),
    client.on('error', (error) => {
      if (error.topic === topic)
        know({ error, state: known.data === undefined ? 'failed' : known.state });
    }),
  ];
  return () => {
    isOver = true;
    unsubscribe();
    for (const off of offs) off();
  };
}
