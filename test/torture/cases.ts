import { fanOut } from './cases/fan-out.ts';
import { numbers } from './cases/numbers.ts';
import { presence } from './cases/presence.ts';
import type { Case } from './torture.ts';

export const cases: readonly Case[] = [...numbers, ...fanOut, ...presence];
