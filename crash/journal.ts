import { DatabaseSync } from 'node:sqlite';
import { asked } from '../test/real/postgres.ts';
import type { Numbered } from './ledger.ts';
import { RECEIPT } from './setting.ts';
import { numbered } from './users.ts';

/** A journal seen from outside, while its gateway runs or is dead. */
export type JournalView = {
  /** The names of the stanzas that XMPP is owed, as the ledger calls them; one for each row. */
  owedToXmpp(): Promise<readonly string[]>;
  /** How many rows have not ended. */
  owed(): Promise<number>;
  /** The oldest rows that have not ended, in words: what each is, and its trace. */
  leftOver(): Promise<readonly string[]>;
  /** What became of each message that was accepted, in order. */
  accepted(): Promise<readonly Accepted[]>;
  /** Messages of the network that were given up, after three kills during their tries, as `owedToXmpp` has seen them. */
  parked(): Promise<readonly Numbered[]>;
};

/**
 * A row of a stanza: one that failed and was sent again has another. `outcome` is null while it is owed, `trace` what was noted
 * on its way. `untold`: the row that was to tell its sender was given up, after three kills during its tries.
 */
export type Accepted = {
  readonly stanza: string;
  readonly event: string;
  readonly outcome: string | null;
  readonly trace?: string;
  readonly untold?: boolean;
};

type Row = Readonly<Record<string, unknown>>;
type Body = {
  readonly way: string;
  readonly event?: { readonly id: string; readonly text?: string };
  /** What somebody has said in a room comes back to them under the id of their stanza. */
  readonly marks?: { readonly id?: string };
  readonly origin?: { readonly id: string };
};

/** Rows that are shown of what is left over. */
const SHOWN = 12;
/** What has been taken is waited for, too: how it ends is told later, and what goes to another server may come again until then. */
const OPEN = "state in ('ready', 'flight', 'taken')";

/** Looks into the store of that URL. */
export function viewJournal(url: string): JournalView {
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  const query = async (sql: string): Promise<readonly Row[]> =>
    file === undefined ? asked(url, sql) : look(file, sql);
  /** What rows say that were owed at the end of a gateway: those that end have no body any more. */
  const said = new Map<string, Numbered>();
  return {
    async owedToXmpp() {
      const rows = await query(`select event, body from journal where ${OPEN} and lane like 'in %'`);
      const bodies = rows.map(({ event, body }) => [String(event), JSON.parse(String(body)) as Body] as const);
      for (const [event, body] of bodies) {
        const message = saidBy(body);
        if (message) said.set(event, message);
      }
      return bodies.flatMap(([, body]) => namesOf(body));
    },
    owed: async () => Number((await query(`select count(*) as count from journal where ${OPEN}`))[0]?.count),
    async leftOver() {
      const rows = await query(
        `select id, event, lane, epoch, state, attempts, not_before, trace from journal where ${OPEN} order by lane, id limit ${SHOWN}`,
      );
      return rows.map(({ trace, ...row }) => `${JSON.stringify(row)} ${inWords(trace)}`);
    },
    async accepted() {
      const rows = await query(
        "select event, outcome, origin, trace from journal where lane like 'out %' and origin is not null order by id",
      );
      const parked = await query("select event from journal where lane like 'in %' and state = 'parked'");
      const answers = new Set(parked.map(({ event }) => String(event).replace(/^in (receipt|error) /, '')));
      return rows.flatMap(({ event, outcome, origin, trace }) => {
        const { origin: stanza, group } = JSON.parse(String(origin)) as { origin: { id: string }; group: string };
        if (stanza.id.startsWith(RECEIPT)) return [];
        const ended = outcome === null ? null : String(outcome);
        const untold = answers.has(group);
        return [{ stanza: stanza.id, event: String(event), outcome: ended, trace: inWords(trace), untold }];
      });
    },
    async parked() {
      const rows = await query("select event from journal where lane like 'in %' and state = 'parked'");
      return rows.flatMap(({ event }) => said.get(String(event)) ?? []);
    },
  };
}

/** The message that a row says; none for receipts and errors. */
const saidBy = ({ way, event }: Body): Numbered | undefined => (way === 'in' ? numbered(event?.text ?? '') : undefined);

const inWords = (trace: unknown): string => String(trace).trim().split('\n').join('; ');

const namesOf = ({ way, event, origin, marks }: Body): readonly string[] => {
  if (way !== 'in') return [`${way} ${origin?.id}`];
  return marks?.id === undefined ? [`${event?.id}`] : [`${event?.id}`, `receipt ${marks.id}`];
};

function look(file: string, sql: string): readonly Row[] {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}
