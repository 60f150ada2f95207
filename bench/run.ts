import { cpus } from 'node:os';
import { metrics, type Report, table } from './figures.ts';

interface Bench {
  readonly says: string;
  readonly load: () => Promise<() => Promise<Report>>;
}

const benches: Readonly<Record<string, Bench>> = {
  publish: {
    says: 'publish → frame in a browser, on a stage that holds 50,000 records, beside a bare `ws` hop',
    load: async () => (await import('./publish.ts')).publish,
  },
  express: {
    says: 'publish → frame by the stream and by the express, with the waits that are published of AWS',
    load: async () => (await import('./express.ts')).express,
  },
  units: {
    says: 'calls and request units of every operation, and what the reference workload costs',
    load: async () => (await import('./units.ts')).units,
  },
  cold: {
    says: 'load plus first call of every function, beside an empty one and a bare DynamoDB client',
    load: async () => (await import('./cold.ts')).cold,
  },
  sessions: {
    says: 'what presence costs and takes: bind, leave, end, and fifty binds of one player at once',
    load: async () => (await import('./sessions.ts')).sessions,
  },
  admin: {
    says: 'what a list of all connections and a clean-up cost at 100, 10,000 and 100,000 rows',
    load: async () => (await import('./admin.ts')).admin,
  },
  'sign-in': {
    says: 'how long a refused sign-in takes, by its reason: it must tell nothing',
    load: async () => (await import('./sign-in.ts')).signIn,
  },
  'fan-out': {
    says: 'posts a second and CPU per post: our sender, the SDK, and bare sockets, side by side',
    load: async () => (await import('./fan-out.ts')).fanOut,
  },
  resume: {
    says: 'catching up on 10 to 10,000 missed messages, and publishes a second on one topic and on fifty',
    load: async () => (await import('./resume.ts')).resume,
  },
  topics: {
    says: 'read units and milliseconds to find whom a publish goes to, beside the documents’ designs',
    load: async () => (await import('./topics.ts')).topics,
  },
  throttle: {
    says: 'what arrives under a quota, and how soon: our sender, and the two modes of the SDK',
    load: async () => (await import('./throttle.ts')).throttle,
  },
  stage: {
    says: 'posts to sockets and authenticated connects that the local stage carries a second',
    load: async () => (await import('./stage.ts')).stage,
  },
};

const HELP = `npm run bench -- NAME [--json]

${Object.entries(benches)
  .map(([name, { says }]) => `  ${name.padEnd(8)} ${says}`)
  .join('\n')}

Each stops by itself within minutes, on this machine alone. --json prints {"bench": NAME, "metrics": {…}}.`;

async function main([name, ...options]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help') {
    console.log(HELP);
    return 0;
  }
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  const unknown = options.find((option) => option !== '--json');
  if (bench === undefined || unknown !== undefined) {
    console.error(
      bench ? `There is no option ${unknown}.` : `There is no bench ${name}.`,
      `\n\n${HELP}`,
    );
    return 1;
  }
  const run = await bench.load();
  const report = await run();
  if (options.includes('--json')) {
    console.log(JSON.stringify({ bench: name, metrics: metrics(report) }));
  } else {
    console.log(`${name} · Node ${process.version} · ${cpus().length} × ${cpus()[0]?.model}\n`);
    console.log(table(report));
  }
  return 0;
}

process.exit(await main(process.argv.slice(2)));
