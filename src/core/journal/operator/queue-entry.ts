import { placeOf as placeOfKey, placeTransport } from '#src/model/place.ts';
import type { JournalOutcome, JournalState, QueuedRow } from '#src/store/index.ts';

/** A row of the journal without what it says. Times are in ms. */
export type QueueEntry = {
  readonly id: number;
  /** `in` is towards XMPP. */
  readonly direction: 'in' | 'out';
  readonly transport: string;
  readonly place: string;
  /** The address of the place and the user whose it is, shortened unless asked for in full. */
  readonly address: string;
  readonly user: string;
  readonly state: JournalState;
  readonly outcome: JournalOutcome | null;
  /** How often it was tried in all, also before it came back: a row counts from nothing then. */
  readonly attempts: number;
  /** What happened to it last. */
  readonly why: string;
  /** How long ago it was accepted. */
  readonly age: number;
  /** How long until it may be tried, and until it is given up; absent where nothing waits for that. */
  readonly nextTry?: number;
  readonly expires?: number;
};

export type QueueFilter = {
  readonly transport?: string | undefined;
  readonly state?: JournalState | undefined;
  readonly max: number;
  readonly full?: boolean | undefined;
};

/** A row with all that happened to it: wall time in ms and what it was. `body` is JSON, where it was asked for. */
export type QueueTrace = {
  readonly entry: QueueEntry;
  readonly trace: readonly { readonly at: number; readonly note: string }[];
  readonly body?: string;
};

/** What the journal owes, as its operator sees it and may change it. All of it rejects with a `Failure`. */
export type Queue = {
  list(filter: QueueFilter): Promise<readonly QueueEntry[]>;
  show(
    id: number,
    what: { readonly body?: boolean | undefined; readonly full?: boolean | undefined },
  ): Promise<QueueTrace>;
  /** Does not wait for the time of the next try. Resolves with what is said of it. */
  retry(id: number): Promise<string>;
  /** Takes a row out: its sender has the error. Resolves with what is said of it. */
  drop(id: number): Promise<string>;
  /** How many rows are in each state. */
  states(): Promise<Readonly<Partial<Record<JournalState, number>>>>;
};

/** A step that was a try: `attempt 2`, or a first one that was counted where the row was added. */
const TRY = /^attempt \d|, sent$/;

/** Gateway time and time of day, in ms, and whether addresses are given in full. */
type Look = { readonly now: number; readonly wall: number; readonly full: boolean };

export function entryOf(row: QueuedRow, { now, wall, full }: Look): QueueEntry {
  const [way = '', ...rest] = row.lane.split(' ');
  const place = placeOfKey(rest.join(' '));
  const address = place.kind === 'realm' ? place.realm : place.id;
  const user = row.account.split(' ')[0] ?? '';
  const trace = traceOf(row.trace);
  const tries = trace.filter(({ note }) => TRY.test(note)).length;
  const waits = row.state === 'ready' || row.state === 'flight';
  return {
    id: row.id,
    direction: way === 'in' ? 'in' : 'out',
    transport: placeTransport(place),
    place: place.kind,
    address: full ? address : brief(address),
    user: full ? user : brief(user),
    state: row.state,
    outcome: row.outcome,
    attempts: Math.max(row.attempts, tries),
    why: trace.at(-1)?.note ?? '',
    age: Math.max(wall - row.at, 0),
    ...(row.state === 'ready' && { nextTry: Math.max(row.notBefore - now, 0) }),
    ...(waits && { expires: Math.max(row.expires - now, 0) }),
  };
}

/** SECURITY rule 14: enough of an address to know it again, and not the whole of it. */
export function brief(address: string): string {
  const [, local = '', rest = ''] = /^([^@%]*)(.*)$/su.exec(address) ?? [];
  const letters = [...local];
  if (letters.length < 4) return letters.length === 0 ? rest : `${letters[0]}…${rest}`;
  const kept = letters.length < 8 ? 1 : 2;
  return `${letters.slice(0, kept).join('')}…${letters.slice(-kept).join('')}${rest}`;
}

export function traceOf(text: string): QueueTrace['trace'] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [at = '', ...note] = line.split(' ');
    return { at: Number(at), note: note.join(' ') };
  });
}
