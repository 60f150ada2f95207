import type { Line } from './line.ts';

/** At most so many lines at once, shared by all who send: whoever finds none free waits for the next. */
export interface Lines {
  take(): Line | Promise<Line>;
  giveBack(line: Line): void;
  close(): void;
}

export function openLines(most: number, open: () => Line): Lines {
  const all: Line[] = [];
  /** The one that was used last is taken first: the others may be let go by the server. */
  const free: Line[] = [];
  const waiting: ((line: Line) => void)[] = [];
  return {
    take() {
      const line = free.pop();
      if (line) return line;
      if (all.length >= most) return new Promise((resolve) => waiting.push(resolve));
      const opened = open();
      all.push(opened);
      return opened;
    },
    giveBack(line) {
      const next = waiting.shift();
      if (next) next(line);
      else free.push(line);
    },
    close() {
      for (const line of all) line.close();
    },
  };
}
