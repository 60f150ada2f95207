import './require-node.mjs';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { buildPage, builtPage } from '../console/build-page.ts';
import { type Stage, startStage } from '../local/stage.ts';
import { operatorApi } from '../operator/api.ts';
import { placeOfStage } from '../operator/place.ts';
import { seed } from './seed.ts';
import { HELP, readOptions, type StartOptions } from './start/options.ts';
import { jsonProgress, type Progress, plainProgress } from './start/progress.ts';
import { synthesize } from './start/synthesize.ts';

const root = join(import.meta.dirname, '..');

/** Synthesizes, builds the page, runs the stage and fills it: everything between `npm start` and the URL. */
async function start(
  options: StartOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Stage> {
  const handoutDirectory = resolve(options.handoutDirectory ?? join(root, '.stage'));
  // Apart from the project's own, so that a synth or a deployment beside the stage does not change what it runs.
  const assemblyDirectory = join(handoutDirectory, 'cdk.out');
  const timed = async <T>(
    name: string,
    work: Promise<T>,
    describe: (result: T) => string = String,
  ) => {
    const began = performance.now();
    const result = await work;
    progress.step({ name, sentence: describe(result), ms: performance.now() - began });
    return result;
  };
  await Promise.all([
    timed('synth', synthesize(root, assemblyDirectory, signal, options.settings)),
    timed('page', buildPage(root, signal)),
  ]);
  return startStage({
    assemblyDirectory,
    handoutDirectory,
    port: options.port,
    dataDirectory: options.dataDirectory,
    report: progress.step,
    warn: progress.warn,
    signal,
    console: {
      directory: builtPage(root),
      facts: ({ outputs, environment }) =>
        timed('seed', seed(outputs, environment), () => 'sample people and pets'),
      serve: (stage) => operatorApi(placeOfStage(stage)),
    },
  });
}

async function main(): Promise<number> {
  let options: StartOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    plainProgress.failed(sentenceOf(error));
    return 1;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }

  const ending = endWithSignals();
  const progress = options.json ? jsonProgress : plainProgress;
  const began = performance.now();
  try {
    const stage = await start(options, progress, ending.signal);
    progress.ready(stage, performance.now() - began);
    stage.context.trace.follow(({ kind, what, outcome }) => {
      if (kind === 'log') progress.log(what, outcome);
    });
    if (!ending.signal.aborted) await once(ending.signal, 'abort');
    await stage.stop();
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return 0;
    // Whatever still runs beside the one that failed.
    ending.abort();
    progress.failed(sentenceOf(error));
    return 1;
  }
}

/** `npm start` passes on the Ctrl-C that the terminal has already sent: two so close together are one. */
const ONE_CTRL_C_MS = 1000;

/** Aborted by the first Ctrl-C or the like; a second one ends this without waiting for anything. */
function endWithSignals(): AbortController {
  const ending = new AbortController();
  let endedAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!ending.signal.aborted) endedAt = performance.now();
      else if (performance.now() - endedAt > ONE_CTRL_C_MS) process.exit(1);
      ending.abort();
    });
  }
  return ending;
}

/** A plain Error holds a sentence for people; any other (TypeError …) is a defect, whose stack helps. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const origin = error.cause instanceof Error ? error.cause : error;
  return origin.constructor === Error ? error.message : String(origin.stack);
}

process.exit(await main());
