#!/usr/bin/env node
import './require-node.mjs';
import { HELP } from '../cli/help.ts';
import { print, printLine } from '../cli/print.ts';
import { type CommandLine, readCommandLine } from '../cli/read-command-line.ts';
import { Refused, UsageError } from '../operator/errors.ts';
import { findPlace } from '../operator/place.ts';

async function run({ command, words, options, json, outputs }: CommandLine): Promise<number> {
  const ending = new AbortController();
  if (command.goesOn) process.once('SIGINT', () => ending.abort());
  const outcome = await command.run(findPlace(outputs), {
    words,
    options,
    signal: ending.signal,
    tell: (row, sentence = printLine(row)) => console.log(json ? JSON.stringify(row) : sentence),
  });
  const told = json ? JSON.stringify(outcome.json, null, 2) : print(outcome);
  if (told) console.log(told);
  return outcome.isBad ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const line = readCommandLine(args);
    if (line) return await run(line);
    console.log(HELP);
    return 0;
  } catch (fault) {
    if (fault instanceof UsageError) {
      console.error(`${fault.message} --help lists what there is.`);
      return 2;
    }
    // Whatever AWS says no to has a name and a sentence; the rest is a defect, whose stack helps.
    const isTold = fault instanceof Refused || (fault as { $metadata?: object }).$metadata;
    console.error(isTold ? (fault as Error).message : fault);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
