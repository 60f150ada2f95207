import { useComputed } from '@preact/signals';
import { formatMs } from '../format.ts';
import { type Cost, type Hop, type Way, wayOf } from '../hops.ts';
import type { LastUpdate, Playground } from '../playground.ts';
import { seen, silent } from '../trace.ts';

const explanations: Record<Hop['name'], string> = {
  request: 'HTTP, the token, the function',
  transaction: 'record and message as one',
  stream: 'the table tells of it',
  stamp: 'its number in the topic',
  'fan-out': 'who listens, and where',
  post: 'to each connection',
  frame: 'in the other page',
};

/** The way of the last update, hop by hop. */
export function Timeline({ playground }: { playground: Playground }) {
  const way = useComputed(() => {
    const update = playground.last.value;
    return update && { update, ...wayOf(update, seen.value) };
  });
  const now = way.value;
  return (
    <section class="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">The way of the last update</h2>
      {!now && <p class="empty">Change a pet above: each hop of its message appears here.</p>}
      {now && <p class="lead">{story(now.update, now)}</p>}
      {now && now.hops.length === 0 && silent.value && (
        <p class="empty">The stage tells nothing of its hops at the moment.</p>
      )}
      {now && now.hops.length > 0 && (
        <>
          <Hops hops={now.hops} recipients={now.recipients} />
          <p class="small">{whatItCost(now.cost)}</p>
        </>
      )}
    </section>
  );
}

function story(update: LastUpdate, { hops, recipients }: Way): string {
  const { by, pet, reached, clickedAt, arrivedAt } = update;
  const what = pet ? `${pet.name}, version ${pet.version}` : 'a change';
  if (reached && arrivedAt) {
    return `${by} → ${reached}: ${what}, ${formatMs(arrivedAt - clickedAt)} from click to page.`;
  }
  if (reached) return `${by} → ${reached}: ${what}, kept until ${reached} was back.`;
  const isKept = hops.at(-1)?.name === 'stamp' && recipients === 0;
  return isKept
    ? `${by}: ${what}. It is kept and numbered; nobody else is connected to get it.`
    : `${by}: ${what}, on its way.`;
}

/** In what AWS charges for. */
const whatItCost = ({ reads, writes, messages, functionMs }: Cost): string =>
  `What AWS would charge for: ${writes} write and ${reads} read units of DynamoDB, ${messages} ${messages === 1 ? 'message' : 'messages'} of up to 32 KB to clients, ${formatMs(functionMs)} of functions.`;

function Hops({ hops, recipients }: { hops: readonly Hop[]; recipients: number }) {
  return (
    <>
      <div class="bar" aria-hidden="true">
        {hops.map(({ name, ms }) => (
          <span key={name} class={`hop hop-${name}`} style={{ flexGrow: Math.max(ms, 0.5) }} />
        ))}
      </div>
      <ol class="hops">
        {hops.map(({ name, ms }) => (
          <li key={name} class="hop-facts">
            <span class={`dot hop-${name}`} aria-hidden="true" />
            <span class="hop-name">
              {name}
              {name === 'fan-out' && ` to ${recipients}`}
            </span>
            <span class="hop-ms">{formatMs(ms)}</span>
            <span class="small">{explanations[name]}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
