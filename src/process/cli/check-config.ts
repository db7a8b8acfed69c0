import { loadConfig, type Problem, renderProblem } from '#src/config.ts';
import { configFile, EXIT_CONFIG } from './arguments.ts';

/** `isthmus check-config`: says that the file is good, or all that is wrong with it. */
export async function command(args: readonly string[]): Promise<number> {
  const file = configFile(args);
  const loaded = await loadConfig(file);
  if ('problems' in loaded) return reportProblems(file, loaded.problems);
  const count = loaded.config.transports.length;
  process.stdout.write(`${file}: ok (${count} ${count === 1 ? 'transport' : 'transports'})\n`);
  return 0;
}

/** Writes each problem as a line on standard error. Returns the exit code. */
export function reportProblems(file: string, problems: readonly Problem[]): number {
  for (const problem of problems) process.stderr.write(`${renderProblem(file, problem)}\n`);
  return EXIT_CONFIG;
}
