/** The way of one update, from the click to the other page, drawn from what the stage saw. Pure. */

/** One of the stage's trace events, as far as it matters here. Times in milliseconds since the epoch. */
export interface Seen {
  readonly at: number;
  readonly durationMs?: number;
  readonly kind: string;
  /** Logical id of a function, or a connection id. */
  readonly by: string;
  readonly what: string;
  readonly on: string;
  readonly outcome: string;
  readonly detail?: Readonly<Record<string, string | number>>;
  readonly receivedAt: number;
}

/** What the page itself knows of an update. */
export interface Update {
  readonly clickedAt: number;
  /** When its frame was in the other page; undefined until then. */
  readonly arrivedAt?: number;
}

export interface Hop {
  readonly name: 'request' | 'transaction' | 'stream' | 'stamp' | 'fan-out' | 'post' | 'frame';
  readonly ms: number;
}

/** What AWS would charge for. */
export interface Cost {
  /** Request units of DynamoDB, as the engine counted them. */
  readonly reads: number;
  readonly writes: number;
  /** Frames to clients; API Gateway charges one for each 32 KB. */
  readonly messages: number;
  /** Of functions, as long as each ran. */
  readonly functionMs: number;
}

export interface Way {
  readonly hops: readonly Hop[];
  readonly recipients: number;
  readonly cost: Cost;
}

const TRANSACTION = 'dynamodb:TransactWriteItems';
const POST = 'execute-api:POST';
const INVOKE = 'lambda:Invoke';

const endOf = (event: Seen): number => event.at + (event.durationMs ?? 0);

/** The hops that have been seen so far, each beginning where the one before it ended. */
export function wayOf(update: Update, seen: readonly Seen[]): Way {
  const since = seen
    .filter((event) => event.receivedAt >= update.clickedAt)
    .sort((one, other) => one.at - other.at);
  const request = since.find(({ by, what }) => by === 'client' && what.includes(':PUT '));
  const publish = since.find(({ by, what }) => what === TRANSACTION && by === request?.on);
  if (!request || !publish) return { hops: [], recipients: 0, cost: NOTHING };

  const after = since.filter((event) => event.at >= Math.floor(endOf(publish)));
  // Others write in transactions too; the one who numbers messages is run by a stream.
  const runOf = (by: string) => after.find(({ what, on }) => what === 'stream' && on === by);
  const stamp = after.find(({ what, by }) => what === TRANSACTION && runOf(by));
  const run = stamp && runOf(stamp.by);
  const posts = after.filter(({ what, by }) => what === POST && by === stamp?.by);
  const [post] = posts;

  const ends: readonly (readonly [Hop['name'], number | undefined])[] = [
    ['request', publish.at],
    ['transaction', endOf(publish)],
    ['stream', run?.at],
    ['stamp', stamp && endOf(stamp)],
    ['fan-out', post?.at],
    ['post', post && endOf(post)],
    ['frame', post && update.arrivedAt],
  ];
  const hops: Hop[] = [];
  let last = update.clickedAt;
  for (const [name, end] of ends) {
    if (end === undefined) break;
    // Two clocks of one machine: a frame may seem to arrive before its post was answered.
    hops.push({ name, ms: Math.max(0, end - last) });
    last = Math.max(last, end);
  }
  return { hops, recipients: posts.length, cost: costOf(since, [request, ...(run ? [run] : [])]) };
}

const NOTHING: Cost = { reads: 0, writes: 0, messages: 0, functionMs: 0 };
const BILLED_BYTES = 32 * 1024;

/** Of these runs of functions: what they called while they ran, and what went to clients meanwhile. */
function costOf(since: readonly Seen[], runs: readonly Seen[]): Cost {
  const during = ({ at }: Seen, run: Seen) => at >= Math.floor(run.at) && at <= endOf(run);
  const sum = (values: readonly (string | number | undefined)[]) =>
    values.reduce<number>((all, value) => all + Number(value ?? 0), 0);
  const calls = since.filter((event) =>
    runs.some((run) => event.by === run.on && during(event, run)),
  );
  const invocations = since.filter(
    (event) =>
      event.what === INVOKE && runs.some((run) => event.on === run.on && during(event, run)),
  );
  const fanOut = runs[1];
  const frames = fanOut
    ? since.filter((event) => event.what === 'sent' && during(event, fanOut))
    : [];
  return {
    reads: sum(calls.map(({ detail }) => detail?.reads)),
    writes: sum(calls.map(({ detail }) => detail?.writes)),
    messages: sum(frames.map(({ detail }) => Math.ceil(Number(detail?.bytes ?? 0) / BILLED_BYTES))),
    functionMs: sum(invocations.map(({ durationMs }) => durationMs)),
  };
}
