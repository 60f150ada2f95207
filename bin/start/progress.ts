import { styleText } from 'node:util';
import type { Stage, Step } from '../../local/stage.ts';

/** Tells the person, or the program, how far the start is. */
export interface Progress {
  step(step: Step): void;
  ready(stage: Stage, ms: number): void;
  /** What a function wrote. */
  log(functionName: string, text: string): void;
  warn(sentence: string): void;
  failed(sentence: string): void;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Plain lines, that read well in the log of a build too. */
export const plainProgress: Progress = {
  step: ({ name, sentence, ms }) => {
    const time = styleText('dim', seconds(ms).padStart(6));
    console.log(`  ${styleText('green', '✔')} ${name.padEnd(10)} ${time}  ${sentence}`);
  },
  ready: (stage, ms) => {
    const outputs: Record<string, string> = Object.assign({}, ...Object.values(stage.outputs));
    const lines = [
      ['Console', stage.urls.console, '← open this'],
      ['WebSocket', outputs.WebSocketUrl],
      ['HTTP', outputs.HttpUrl],
      ['AWS', stage.urls.aws, 'for any AWS SDK, after ". .stage/env"'],
    ] as const;
    console.log();
    for (const [name, url, remark = ''] of lines) {
      if (url !== undefined) {
        console.log(
          `  ${styleText('bold', name.padEnd(10))} ${url.padEnd(32)} ${styleText('dim', remark)}`.trimEnd(),
        );
      }
    }
    console.log(
      `\n  Ready in ${seconds(ms)} · same template as \`cdk deploy\` · Ctrl-C stops everything\n`,
    );
  },
  log: (functionName, text) => console.log(`  ${styleText('cyan', functionName)} ${text}`),
  warn: (sentence) =>
    console.error(`  ${styleText('yellow', '!', { stream: process.stderr })} ${sentence}`),
  failed: (sentence) =>
    console.error(`\n  ${styleText('red', '✘', { stream: process.stderr })} ${sentence}\n`),
};

const line = (fact: object) => console.log(JSON.stringify(fact));

/** One JSON object a line. */
export const jsonProgress: Progress = {
  step: ({ name, sentence, ms }) => line({ step: name, sentence, ms: Math.round(ms) }),
  ready: ({ urls, outputs }, ms) => line({ ready: { urls, outputs, ms: Math.round(ms) } }),
  log: (functionName, text) => line({ log: functionName, text }),
  warn: (warning) => line({ warning }),
  failed: (error) => line({ error }),
};
