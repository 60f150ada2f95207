import { SOCKETS_VARIABLE } from '../contract/environment.ts';
import { startTestStage } from '../test/support/stage.ts';
import { CORE } from './core.ts';
import { atLeast, median, type Report } from './figures.ts';
import { runLoad } from './load.ts';
import type { Carried, Load } from './stage/carry.ts';

/** The stage in this process, whoever loads it in another. */
export async function stage(): Promise<Report> {
  const { stage: running, place, stop } = await startTestStage({ settings: CORE });
  try {
    const { access, assembly } = running.context;
    const fanOut = assembly
      .ofType('AWS::Lambda::Function')
      .find(({ path }) => path.includes('/FanOutFunction/'));
    if (fanOut === undefined) throw new Error('The template has no FanOutFunction to post as.');
    const { Variables } = fanOut.properties.Environment as { Variables: Record<string, string> };
    const credentials = access.environmentFor(fanOut.id);
    const load: Load = {
      place,
      socketsEndpoint: Variables[SOCKETS_VARIABLE] ?? '',
      sender: {
        accessKeyId: credentials.AWS_ACCESS_KEY_ID ?? '',
        secretAccessKey: credentials.AWS_SECRET_ACCESS_KEY ?? '',
        sessionToken: credentials.AWS_SESSION_TOKEN ?? '',
      },
    };
    const carried = await runLoad<Load, Carried>('stage/carry.ts', load);
    return {
      figures: [
        {
          name: 'postsPerSecond',
          value: median(carried.postsPerSecond),
          target: atLeast(15_000, 25_000),
        },
        {
          name: 'authenticatedConnectsPerSecond',
          value: median(carried.connectsPerSecond),
          target: atLeast(300, 500),
        },
      ],
    };
  } finally {
    await stop();
  }
}
