import { type FunctionName, functions } from '../contract/functions.ts';

/** The source of one of our functions, as `bundle` and `bundledCode` name it. */
export const functionEntry = (name: FunctionName): string => `lambdas/${functions[name].file}`;
