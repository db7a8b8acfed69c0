/** Tells on the terminal what is being done, a line each, with the seconds since the start. */
export interface Steps {
  /** Does the work and then prints the title with what `detail` makes of the result. */
  step<T>(title: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T>;
  /** A line without time. */
  say(line: string): void;
}

export function openSteps(write: (text: string) => void): Steps {
  const start = performance.now();
  return {
    step: async (title, work, detail = () => '') => {
      const result = await work();
      const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
      write(`${seconds} s  ${title.padEnd(34)}${detail(result)}`.trimEnd().concat('\n'));
      return result;
    },
    say: (line) => write(`${line}\n`),
  };
}
