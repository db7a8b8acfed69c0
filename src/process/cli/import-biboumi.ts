import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Config, TransportConfig } from '#src/config.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { Importer } from '#src/model/imported.ts';
import { type ImportCount, type ImportSummary, importAll } from '#src/process/import/import.ts';
import { keyOf, openStore } from '#src/store/index.ts';
import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import { ControlRefused } from './control.ts';
import { withConfig } from './with-desk.ts';

const NAME = 'biboumi';
const OPTIONS = { ...CONFIG, transport: { type: 'string' }, 'dry-run': { type: 'boolean' } } as const;

/**
 * `isthmus import-biboumi FILE|URL`: what biboumi has kept of its users, into the store of a gateway that does not run. 1 for what
 * is refused, 78 for a bad config.
 */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS, 1);
  const [from] = positionals;
  if (from === undefined) throw new UsageError('the FILE or postgres:// URL to import is missing');
  return await withConfig(configOf(values), async (config) => {
    const { transport, importer } = chosen(config, values.transport);
    const dry = values['dry-run'] === true;
    await using source = await importer.open(from, transport.settings).catch((error: Error) => {
      throw new ControlRefused(`${withoutPassword(from)}: ${error.message}`);
    });
    await using target = await openTarget(config, dry);
    const { access, admins } = config;
    const parts = { ...target, transport, access: { ...access, admins }, dry, progress: bar() };
    const summary = await importAll(source, parts);
    process.stdout.write(told(summary, { from: withoutPassword(from), to: transport.domain, dry }));
    return 0;
  });
}

/** The transport that takes it, by its domain where there are several. */
function chosen({ transports }: Config, wanted: unknown): { transport: TransportConfig; importer: Importer } {
  const able = transports.flatMap((transport) => {
    const importer = transport.definition.imports?.find(({ name }) => name === NAME);
    return importer && (wanted ?? transport.domain) === transport.domain ? [{ transport, importer }] : [];
  });
  const [first] = able;
  if (!first)
    throw new UsageError(
      wanted === undefined ? 'no transport of the config speaks IRC' : `no transport ${wanted} speaks IRC`,
    );
  if (able.length > 1) throw new UsageError('there are several such transports: name one with --transport DOMAIN');
  return first;
}

/** The store and its key, made where there are none yet. A dry run makes none. */
async function openTarget({ store: url, key }: Config, dry: boolean) {
  await using stack = new AsyncDisposableStack();
  const [, file] = /^sqlite:(.+)$/.exec(url) ?? [];
  const absent = dry && file !== undefined && !existsSync(file);
  const dir = mkdtempSync(join(tmpdir(), 'isthmus-import-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const at = absent ? `sqlite:${join(dir, 'store.db')}` : url;
  const store = stack.use(await openStore({ url: at, log: openLog('silent'), clock: systemClock }));
  const sealing = await keyOf(store, dry && !existsSync(key.file) ? join(dir, 'key') : key.file);
  const resources = stack.move();
  return { store, key: sealing, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** How far it is, on a terminal. */
function bar(): (done: number, total: number) => void {
  if (!isatty(2)) return () => undefined;
  return (done, total) => {
    const part = total === 0 ? 1 : done / total;
    const full = '#'.repeat(Math.round(part * 30)).padEnd(30);
    process.stderr.write(`\r[${full}] ${Math.floor(part * 100)} % of ${total} rows${done === total ? '\n' : ''}`);
  };
}

function told(
  { accounts, left, idle, ...counts }: ImportSummary,
  of: { from: string; to: string; dry: boolean },
): string {
  const { from, to, dry } = of;
  const line = (what: string, { came, known }: ImportCount): string =>
    `  ${what.padEnd(9)}${came - known}${known === 0 ? '' : `, and ${known} that were there already`}\n`;
  const reasons = (head: string, of: ReadonlyMap<string, number>): readonly string[] =>
    of.size === 0
      ? []
      : [`${head}:\n`, ...[...of].sort(([, a], [, b]) => b - a).map(([why, times]) => `  ${times} × ${why}\n`)];
  return [
    `${from} → ${to}${dry ? ' (nothing was stored)' : ''}\n`,
    `  ${'people'.padEnd(9)}${accounts.size}\n`,
    line('settings', counts.settings),
    line('contacts', counts.contacts),
    line('messages', counts.messages),
    ...reasons('Not brought over', left),
    ...reasons('Of no use as the config is', idle),
  ].join('');
}

/** A URL as it may be seen. */
function withoutPassword(from: string): string {
  if (!URL.canParse(from)) return from;
  const url = new URL(from);
  url.password = '';
  return url.href;
}
