import { audit } from './audit.ts';
import type { Command } from './command.ts';
import { configuration } from './configuration.ts';
import { connections } from './connections.ts';
import { console } from './console.ts';
import { doctor } from './doctor/doctor.ts';
import { invite } from './invite.ts';
import { parked, redrive } from './parked.ts';
import { publish } from './publish.ts';
import { sessions, users } from './sessions.ts';
import { tail } from './tail.ts';
import { topics } from './topics.ts';

/** A noun with its verbs, or one word alone. */
export const commands: Readonly<Record<string, Command | Readonly<Record<string, Command>>>> = {
  connections,
  sessions,
  users,
  topics,
  publish,
  parked,
  redrive,
  tail,
  invite,
  audit,
  configuration,
  doctor,
  console,
};

export const isCommand = (each: Command | Readonly<Record<string, Command>>): each is Command =>
  typeof each.run === 'function';

/** Every command by what is typed for it. */
export const everyCommand: readonly (readonly [name: string, command: Command])[] = Object.entries(
  commands,
).flatMap(([noun, each]) =>
  isCommand(each)
    ? [[noun, each] as const]
    : Object.entries(each).map(([verb, command]) => [`${noun} ${verb}`, command] as const),
);
