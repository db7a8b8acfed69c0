import { stringify } from 'yaml';
import { registration } from '#bridges/matrix/appservice/registration.ts';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { loadConfig } from '#src/config.ts';
import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import { reportProblems } from './check-config.ts';

/** `isthmus matrix-registration [DOMAIN]`: prints the registration that a homeserver wants of an application service. */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, CONFIG, 1);
  const file = configOf(values);
  const loaded = await loadConfig(file);
  if ('problems' in loaded) return reportProblems(file, loaded.problems);
  const { transports, http } = loaded.config;
  const [wanted] = positionals;
  const found = transports.filter(({ kind, domain }) => kind === 'matrix' && (wanted ?? domain) === domain);
  const [transport] = found;
  if (!transport || found.length > 1)
    throw new UsageError(
      found.length > 1
        ? 'several transports speak Matrix: name one by its domain'
        : wanted === undefined
          ? 'no transport of the config speaks Matrix'
          : `no transport ${wanted} speaks Matrix`,
    );
  const settings = transport.settings as MatrixConfig;
  // Where it is missing, appservice.url is there: the config would not have been good.
  const url = http?.public_url ?? '';
  process.stdout.write(stringify(registration(settings, { domain: transport.domain, url })));
  return 0;
}
