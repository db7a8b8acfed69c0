import type { Dialect } from './engine.ts';
import { StoreRefused } from './unit.ts';

/** One step of the schema: the statements that lead to it from the step before. */
export type Migration = (dialect: Dialect) => readonly string[];

/** Every step, in order. The schema's version is their number. A step that was released is never changed. */
export const migrations: readonly Migration[] = [
  people,
  rooms,
  history,
  bridges,
  limits,
  files,
  restarts,
  owed,
  leaner,
  untold,
  saidOf,
  refused,
  dormant,
  profiles,
  enteredBy,
];

/** Holds one row: the version of the schema. */
export const versionTable = 'create table if not exists schema_version (version integer not null)';

/**
 * The steps that are missing at `version`, each as the statements of one transaction that also writes the new version.
 * Throws StoreRefused when the store is newer than this program.
 */
export function missingSteps(version: number, steps: readonly Migration[], dialect: Dialect): (readonly string[])[] {
  if (version > steps.length) {
    throw new StoreRefused(
      `the store has schema ${version}, this program knows ${steps.length}: run a newer program, or restore a backup`,
    );
  }
  return steps
    .slice(version)
    .map((step, index) => [
      ...step(dialect),
      'delete from schema_version',
      `insert into schema_version (version) values (${version + index + 1})`,
    ]);
}

function people({ int, text, blob, keyed }: Dialect): string[] {
  return [
    `create table accounts (
      key ${text} not null primary key, "user" ${text} not null, transport ${text} not null,
      registered ${int} not null, created ${int} not null, seen ${int} not null)${keyed}`,
    'create index accounts_by_user on accounts ("user")',
    `create table credentials (
      account ${text} not null references accounts (key) on delete cascade, realm ${text} not null,
      name ${text} not null, key_id ${text} not null, sealed ${blob} not null,
      primary key (account, realm, name))${keyed}`,
    `create table settings (
      account ${text} not null, scope ${text} not null, subject ${text} not null, value ${text} not null,
      primary key (account, scope, subject))${keyed}`,
    `create table contacts (
      account ${text} not null, id ${text} not null, name ${text},
      sub_from ${int} not null, sub_to ${int} not null, pending_in ${int} not null, pending_out ${int} not null,
      primary key (account, id))${keyed}`,
  ];
}

function rooms({ int, text, keyed }: Dialect): string[] {
  return [
    `create table occupancy (
      place ${text} not null, full_jid ${text} not null, account ${text} not null, nick ${text} not null,
      joined ${int} not null, primary key (place, full_jid))${keyed}`,
    'create index occupancy_by_jid on occupancy (full_jid)',
    'create index occupancy_by_account on occupancy (account)',
  ];
}

function history({ int, text, id, table, keyed }: Dialect): string[] {
  return [
    `create table sequences (name ${text} not null primary key, next ${int} not null)${keyed}`,
    "insert into sequences (name, next) values ('archive', 1)",
    `create table archive (
      id ${id}, place ${text} not null, at ${int} not null, from_id ${text} not null, from_name ${text},
      kind ${text} not null, body ${text} not null, event ${text} not null, xmpp ${text}, foreign_id ${text})${table}`,
    'create index archive_by_place on archive (place, id)',
    `create table visibility (
      account ${text} not null, place ${text} not null, from_id ${int} not null, to_id ${int},
      primary key (account, place, from_id))${keyed}`,
    'create index visibility_by_place on visibility (place)',
    `create table links (
      event ${text} not null, side ${text} not null, part ${int} not null, place ${text} not null,
      id ${text} not null, author ${text} not null, at ${int} not null, primary key (event, side, part))${keyed}`,
    'create index links_by_id on links (place, side, id)',
    'create index links_by_age on links (at)',
    `create table aliases (
      transport ${text} not null, alias ${text} not null, address ${text} not null,
      primary key (transport, alias))${keyed}`,
    'create index aliases_by_address on aliases (transport, address)',
  ];
}

function bridges({ int, text, blob, keyed }: Dialect): string[] {
  return [
    `create table bridge_state (
      transport ${text} not null, account ${text} not null, key ${text} not null, value ${blob} not null,
      key_id ${text}, expires ${int}, primary key (transport, account, key))${keyed}`,
    'create index bridge_state_by_expiry on bridge_state (expires)',
  ];
}

function limits({ int, real, text, keyed }: Dialect): string[] {
  return [
    `create table buckets (name ${text} not null primary key, tokens ${real} not null, at ${int} not null)${keyed}`,
    'create index buckets_by_age on buckets (at)',
    `create table budgets (
      name ${text} not null, day ${int} not null, spent ${int} not null, primary key (name, day))${keyed}`,
  ];
}

function files({ int, text, keyed }: Dialect): string[] {
  return [
    `create table media (
      id ${text} not null primary key, account ${text} not null, name ${text} not null, type ${text} not null,
      size ${int} not null, expires ${int} not null, gone ${int} not null)${keyed}`,
    'create index media_by_account on media (account)',
    'create index media_by_expiry on media (gone, expires)',
  ];
}

function restarts({ int, text, keyed }: Dialect): string[] {
  return [
    `create table rosters (
      place ${text} not null, id ${text} not null, nick ${text} not null, affiliation ${text} not null,
      role ${text} not null, primary key (place, id))${keyed}`,
    `create table topics (place ${text} not null primary key, text ${text} not null, by ${text})${keyed}`,
    `create table sessions (
      account ${text} not null, realm ${text} not null, nick ${text}, primary key (account, realm))${keyed}`,
    `create table purges (account ${text} not null primary key, since ${int} not null)${keyed}`,
    // Only the links of our own users are ever looked for by their author.
    "create index links_by_user on links (author) where author >= 'xmpp:' and author < 'xmpp;'",
  ];
}

function owed({ int, text, id, table }: Dialect): string[] {
  return [
    "insert into sequences (name, next) values ('journal', 1), ('journal epoch', 1), ('gateway time', 0)",
    `create table journal (
      id ${id}, event ${text} not null, lane ${text} not null, account ${text} not null, key ${text},
      body ${text} not null, origin ${text}, state ${text} not null, attempts ${int} not null,
      doubted ${int} not null, told ${int} not null, epoch ${int} not null, not_before ${int} not null,
      expires ${int} not null, at ${int} not null, changed ${int} not null, outcome ${text}, charges ${text},
      trace ${text} not null)${table}`,
    'create unique index journal_by_key on journal (key)',
    'create index journal_by_event on journal (event)',
    "create index journal_owed on journal (lane, id) where state in ('ready', 'flight')",
    "create index journal_taken on journal (changed) where state = 'taken'",
    "create index journal_ended on journal (changed) where state in ('done', 'parked')",
    'create index journal_by_account on journal (account)',
  ];
}

/** A page of an index that a message touches in each conversation is what durable intake costs most: these know less. */
function leaner(): string[] {
  return [
    'drop index journal_by_account',
    "create index journal_by_account on journal (account) where state in ('ready', 'flight', 'taken')",
    // What is in somebody's own places is found by these.
    'drop index links_by_user',
    `create index links_by_user on links (author)
      where author >= 'xmpp:' and author < 'xmpp;' and place >= 'shared ' and place < 'shared!'`,
  ];
}

/** Contacts whom their user does not hear. */
function refused({ text }: Dialect): string[] {
  return [`alter table contacts add column refused ${text} not null default ''`];
}

/** Accounts that are out of reach until they register again. */
function dormant({ int, text, keyed }: Dialect): string[] {
  return [
    `create table dormant (account ${text} not null primary key, since ${int} not null, has_left ${int} not null)${keyed}`,
  ];
}

/** What a network has yet to be told of a subscription. */
function untold({ text }: Dialect): string[] {
  return [`alter table contacts add column owed ${text} not null default ''`];
}

/** What is said of an earlier message is found by that, and what users said by the ids that they gave it. */
function saidOf({ int }: Dialect): string[] {
  return [
    `alter table archive add column about ${int}`,
    'create index archive_by_about on archive (about) where about is not null',
    // Its ids carry the time.
    "delete from sequences where name = 'archive'",
  ];
}

/** How people look: contacts by their ids, and what a realm was told of the user by a name that no contact can have. */
function profiles({ text, keyed }: Dialect): string[] {
  return [
    `create table profiles (
      account ${text} not null, who ${text} not null, name ${text}, photo ${text},
      primary key (account, who))${keyed}`,
  ];
}

/** By which address of a room, where it has others beside its own, a client has come into it. */
function enteredBy({ text }: Dialect): string[] {
  return [`alter table occupancy add column address ${text}`];
}
