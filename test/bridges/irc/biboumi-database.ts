import { DatabaseSync } from 'node:sqlite';

/** The tables of biboumi 9.0, as its own program makes them, for a file that does not exist yet. */
export function biboumiDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    create table muclogline_ (id_ integer primary key autoincrement, uuid_ text, owner_ text, ircchanname_ text,
      ircservername_ text, date_ integer, body_ text, nick_ text);
    create table globaloptions_ (id_ integer primary key autoincrement, owner_ text, maxhistorylength_ integer,
      recordhistory_ integer, persistent_ integer);
    create table ircserveroptions_ (id_ integer primary key autoincrement, owner_ text, server_ text, pass_ text,
      tlsports_ text, ports_ text, username_ text, realname_ text, verifycert_ integer, trustedfingerprint_ text,
      encodingout_ text, encodingin_ text, maxhistorylength_ integer, address_ text, nick_ text, saslpassword_ text,
      throttlelimit_ integer);
    create table ircchanneloptions_ (id_ integer primary key autoincrement, owner_ text, server_ text, channel_ text,
      encodingout_ text, encodingin_ text, maxhistorylength_ integer, persistent_ integer, recordhistory_ integer);
    create table roster (local text, remote text);
    create table after_connection_commands_ (id_ integer primary key autoincrement, fk_ integer, afterconnectioncommand_ text);
    create index archive_index on muclogline_ (owner_, ircchanname_, ircservername_);
  `);
  return db;
}

type Value = string | number | null | Uint8Array;

/** Adds a row; columns that are not named are null. */
export function insert(db: DatabaseSync, table: string, row: Readonly<Record<string, Value>>): void {
  const names = Object.keys(row);
  const holes = names.map(() => '?').join(', ');
  db.prepare(`insert into ${table} (${names.join(', ')}) values (${holes})`).run(...Object.values(row));
}

/** The row of a server with what biboumi has for everybody. */
export const serverRow = (owner: string, server: string, more: Readonly<Record<string, Value>> = {}) => ({
  ...{
    owner_: owner,
    server_: server,
    pass_: '',
    tlsports_: '6697;6670',
    ports_: '6667',
    username_: '',
    realname_: '',
  },
  ...{ verifycert_: 1, trustedfingerprint_: '', encodingout_: '', encodingin_: '', maxhistorylength_: 20 },
  ...{ address_: server, nick_: '', saslpassword_: '', throttlelimit_: 10, ...more },
});
