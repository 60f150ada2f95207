import type { Contender, Orders, Speeds } from './fan-out/contenders.ts';
import { crowds } from './fan-out/crowds.ts';
import { CERTIFICATE, type GatewayPlace } from './fan-out/gateway.ts';
import { atLeast, atMost, type Figure, median, type Report } from './figures.ts';
import { runLoad, startLoad } from './load.ts';

const POSTS = 10_000;
const CONTENDERS: readonly Contender[] = ['floor', 'ours', 'sdk'];
const TURNS = 3;

/** Our sender beside the SDK and beside bare sockets, against a stub gateway in another process. */
export async function fanOut(): Promise<Report> {
  const gateway = await startLoad<object, GatewayPlace>('fan-out/gateway.ts', {});
  try {
    const { plainPort, securePort } = gateway.answer;
    const plain = await compare(`http://127.0.0.1:${plainPort}/prod`);
    const secure = await compare(`https://127.0.0.1:${securePort}/prod`);
    return {
      figures: [
        ...figuresOf('plain', plain),
        ...figuresOf('tls', secure),
        ...(await crowds(`http://127.0.0.1:${plainPort}`)),
      ],
      notes: [
        `The median of ${TURNS} turns of ${POSTS} posts each, warm. CPU is that of the sending process.`,
        'Subscribers: one publish to all, from the event to the last answer; cold: from the start of the process.',
        'Memory is the most that a process ever had; growth is an exponent, from 10,000 to 100,000.',
      ],
    };
  } finally {
    await gateway.stop();
  }
}

type Compared = Readonly<Record<Contender, Readonly<Record<keyof Speeds, number>>>>;

/** In turn, so that whatever else the machine does falls on all of them. */
async function compare(endpoint: string): Promise<Compared> {
  const all = new Map<Contender, Speeds[]>(CONTENDERS.map((name) => [name, []]));
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const contender of CONTENDERS) {
      const orders: Orders = { contender, endpoint, warmUp: POSTS, posts: POSTS, rounds: 3 };
      const environment = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
      all
        .get(contender)
        ?.push(await runLoad<Orders, Speeds>('fan-out/contenders.ts', orders, environment));
    }
  }
  const middle = (contender: Contender, of: keyof Speeds) =>
    median((all.get(contender) ?? []).flatMap((speeds) => speeds[of]));
  return Object.fromEntries(
    CONTENDERS.map((name) => [
      name,
      {
        postsPerSecond: middle(name, 'postsPerSecond'),
        cpuMicrosecondsPerPost: middle(name, 'cpuMicrosecondsPerPost'),
      },
    ]),
  ) as unknown as Compared;
}

function figuresOf(wire: string, { ours, sdk, floor }: Compared): Figure[] {
  const inFull = Object.entries({ ours, sdk, floor }).flatMap(([name, speeds]) =>
    Object.entries(speeds).map(([figure, value]) => ({
      of: `${wire}-${name}`,
      name: figure,
      value,
    })),
  );
  return [
    ...inFull,
    {
      name: `${wire}SpeedOverSdk`,
      value: ours.postsPerSecond / sdk.postsPerSecond,
      target: atLeast(8, 15),
    },
    {
      name: `${wire}CpuOverFloor`,
      value: ours.cpuMicrosecondsPerPost / floor.cpuMicrosecondsPerPost,
      target: atMost(3, 1.6),
    },
  ];
}
