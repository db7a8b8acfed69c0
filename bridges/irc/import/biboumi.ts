import { addresses } from '#bridges/irc/addresses.ts';
import { entryOf, type IrcConfig } from '#bridges/irc/config.ts';
import type { ImportedRecord, ImportSource } from '#src/model/imported.ts';
import {
  type Addressing,
  channelRecords,
  contactRecords,
  globalRecords,
  lineRecords,
  serverRecords,
} from './biboumi-rows.ts';
import { type DatabaseRow, type ForeignDatabase, openDatabase } from './database.ts';
import { hindrance } from './use.ts';

/** The tables of biboumi 9.0, and the order in which their rows are read: what was said comes last, by its time. */
const TABLES = [
  { table: 'globaloptions_', order: 'id_' },
  { table: 'ircserveroptions_', order: 'id_' },
  { table: 'ircchanneloptions_', order: 'id_' },
  { table: 'roster', order: 'remote, local' },
  { table: 'muclogline_', order: 'date_, id_' },
] as const;
const COMMANDS = 'after_connection_commands_';

type Table = (typeof TABLES)[number]['table'];

/** Opens a database of biboumi, of SQLite or PostgreSQL. Rejects with an `Error` for the operator. */
export async function openBiboumi(from: string, config: IrcConfig): Promise<ImportSource> {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await openDatabase(from));
  const there = await db.tables();
  const read = TABLES.filter(({ table }) => there.has(table));
  if (!there.has('ircserveroptions_') && !there.has('muclogline_')) throw new Error('this is no database of biboumi');
  let total = 0;
  for (const { table } of read) total += await db.count(table);
  const commands = there.has(COMMANDS) ? await commandsOf(db) : new Map<string, string[]>();
  const at = addressing(config);
  const records: Readonly<Record<Table, (row: DatabaseRow) => readonly ImportedRecord[]>> = {
    globaloptions_: globalRecords,
    ircserveroptions_: (row) => serverRecords(row, commands.get(String(row.id_)) ?? [], at),
    ircchanneloptions_: (row) => channelRecords(row, at),
    roster: (row) => contactRecords(row, at),
    muclogline_: (row) => lineRecords(row, at),
  };
  const resources = stack.move();
  return {
    total,
    async *rows() {
      for (const { table, order } of read) for await (const row of db.rows(table, order)) yield records[table](row);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The lines that are sent after a login, by the id of the row of their server. */
async function commandsOf(db: ForeignDatabase): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { fk_, afterconnectioncommand_ } of db.rows(COMMANDS, 'id_')) {
    const of = found.get(String(fk_)) ?? [];
    found.set(String(fk_), [...of, String(afterconnectioncommand_ ?? '')]);
  }
  return found;
}

function addressing(config: IrcConfig): Addressing {
  const given = addresses(config.fixed_server);
  const { fixed_server } = config;
  return {
    serves: (realm) =>
      fixed_server === null ? entryOf(config, realm) !== undefined : fixed_server.toLowerCase() === realm.toLowerCase(),
    hindrance: (realm, values) => hindrance(config, realm, values),
    format: (address) => given.format(given.fold(address)),
    parse: (local) => given.fold(given.parse(local)),
  };
}
