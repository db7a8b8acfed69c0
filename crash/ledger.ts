import type { Accepted } from './journal.ts';
import type { Load, Network } from './network.ts';

/** A message of a conversation: `lane` is its sender and who it is to, or the room and, behind a slash, who reads it there. `number` counts from 0. */
export type Numbered = { readonly lane: string; readonly number: number };

/** What lies on the network, in the order in which it came: `tag` is the name under which the gateway has sent it. */
export type Landed = Numbered & { readonly tag: string };

/**
 * The books of a laboratory: what went in, what came out, and what may not be. Violations are sentences.
 *
 * Towards XMPP every message that the network has told must come, in the order of its conversation, and again only under
 * the same id, after the end of a connection, where the store had it as owed. Towards the network every stanza that has a
 * row comes once or ends in an error, and its sender hears either of them. What a client sends again may be answered once more;
 * it has another row only where the one before has failed.
 */
export type Ledger = {
  /** The network tells the next message of a conversation. */
  tell(lane: string): number;
  /** The connection that there is, counted from 1. */
  readonly connection: number;
  /**
   * A message of the network has come to XMPP, under this id. `written` is the connection in which the gateway has written it,
   * if it is not this one.
   */
  came(message: Numbered, id: string, written?: number): void;
  /** A sender has heard of a stanza. */
  heard(stanza: string, word: 'receipt' | 'error', written?: number): void;
  /**
   * A sender is told that nothing can be kept at the moment. False where that is the answer to the stanza; of what had arrived,
   * and was sent again, it says nothing.
   */
  unkept(stanza: string): boolean;
  /** What the gateway has written under this id has come back to it: it may go out once more, beside a copy that the error has crossed. */
  returned(id: string): void;
  /** An answer to a stanza could not reach its sender, and is not tried again. */
  unreached(stanza: string): void;
  /** A client sends a stanza again. */
  repeated(stanza: string): void;
  /** Whether a stanza's sender has heard of it. */
  knows(stanza: string): boolean;
  /**
   * The last connection is over: of what came in it, this may come again. Where the process has lived on, what had not left
   * it goes out with the next connection, beside its repeat.
   */
  connected(owed: Iterable<string>, lived: boolean): void;
  /** The messages of a conversation in the order in which they came first. */
  firsts(): ReadonlyMap<string, readonly number[]>;
  /** How many were told and have not come. */
  missing(): number;
  violate(sentence: string): void;
  /** What everything has come to, once nothing is owed. `parked`: messages of the network that were given up. */
  close(accepted: readonly Accepted[], landed: readonly Landed[], parked?: readonly Numbered[]): void;
  readonly violations: readonly string[];
  readonly figures: Figures;
};

export type Figures = {
  /** Messages of the network, and copies of them that came after the first. */
  told: number;
  repeats: number;
  /** Receipts and errors, and copies of them. */
  heard: number;
  heardAgain: number;
  /** Stanzas that were sent again, those that were accepted, and what became of them, each time. */
  sentAgain: number;
  accepted: number;
  /** Answers that were given up, as rows are that were under way at three kills. */
  untold: number;
  /** Messages of the network that were given up so. */
  parked: number;
  /** Answers that nobody has heard, for they could not reach the sender. */
  unreached: number;
  readonly outcomes: Record<string, number>;
};

/** What a sender has heard of a stanza, how often it was sent again, and how many answers that gives at most. */
type Words = {
  receipt: number;
  error: number;
  connection: number;
  copies: number;
  due: number;
  /** It was sent again after an error. */
  retried: boolean;
};

const UNHEARD: Readonly<Words> = { receipt: 0, error: 0, connection: -1, copies: 0, due: 0, retried: false };

/** What has ended so is tried anew. */
const hasFailed = (outcome: string | null | undefined): boolean => outcome === 'bounced' || outcome === 'expired';

/** Sentences beyond these are only counted. */
const MOST = 200;

/** `there` is where things lie that have arrived on the network; `gapless` whether what its people write comes in order, by the lane. */
export function openLedger({ there, gapless }: Pick<Network<Load>, 'there' | 'gapless'>): Ledger {
  const isGapless = (lane: string): boolean => (typeof gapless === 'boolean' ? gapless : gapless(lane));
  const told = new Map<string, number>();
  const copies = new Map<string, { readonly id: string; connection: number }>();
  const next = new Map<string, number>();
  const firsts = new Map<string, number[]>();
  const words = new Map<string, Words>();
  const violations: string[] = [];
  const figures: Figures = {
    told: 0,
    repeats: 0,
    heard: 0,
    heardAgain: 0,
    sentAgain: 0,
    accepted: 0,
    untold: 0,
    parked: 0,
    unreached: 0,
    outcomes: {},
  };
  /** What may come again, by the connection in which it is written. */
  const owed = new Map<number, Map<string, number>>();
  const unreached = new Set<string>();
  /** What has not come in its turn. */
  const gaps: (Numbered & { readonly due: number })[] = [];
  let unsent = new Set<string>();
  let connection = 0;

  const violate = (sentence: string): void => {
    if (violations.length < MOST) violations.push(sentence);
  };

  /** A copy that is not the first. */
  function again(name: string, before: number, written: number): void {
    if (before === written) {
      if (!unsent.delete(name)) violate(`${name} came twice in one connection`);
    } else if (!owed.get(written)?.has(name)) violate(`${name} came again, although the store had it as read`);
  }

  function came({ lane, number }: Numbered, id: string, written = connection): void {
    const message = `${lane} #${number}`;
    const first = copies.get(message);
    if (!first) {
      const due = next.get(lane) ?? 0;
      if (isGapless(lane) && number !== due) gaps.push({ lane, number, due });
      next.set(lane, Math.max(due, number + 1));
      const row = firsts.get(lane) ?? [];
      firsts.set(lane, row);
      row.push(number);
      copies.set(message, { id, connection: written });
      return;
    }
    figures.repeats++;
    if (first.id !== id) violate(`${message} came as ${first.id} and as ${id}`);
    again(id, first.connection, written);
    first.connection = written;
  }

  function heard(stanza: string, word: 'receipt' | 'error', written = connection): void {
    const one = wordsOf(stanza);
    figures.heard++;
    const first = one.receipt + one.error === 0;
    const copy = one[word]++ > 0;
    if (copy) figures.heardAgain++;
    // A row of an answer that was owed at the end of the last connection is no answer to what was sent again.
    const isRow = isOwed(`${word} ${stanza}`, written);
    if (!first && one.due > 0 && !isRow) {
      // The answer to what was sent again is not the row of the answer, which may be written again in this connection, too.
      one.due--;
      return;
    }
    if (copy && !isRow) again(`${word} ${stanza}`, one.connection, written);
    one.connection = written;
  }

  /** Whether one more row of that name was owed when the connection began: each comes once in it. */
  function isOwed(name: string, written: number): boolean {
    const left = owed.get(written)?.get(name) ?? 0;
    owed.get(written)?.set(name, Math.max(0, left - 1));
    return left > 0;
  }

  function unkept(stanza: string): boolean {
    const one = wordsOf(stanza);
    if (one.receipt === 0 || one.due === 0) return false;
    figures.heard++;
    one.due--;
    return true;
  }

  function wordsOf(stanza: string): Words {
    const one = words.get(stanza) ?? { ...UNHEARD };
    words.set(stanza, one);
    return one;
  }

  function repeated(stanza: string): void {
    const one = wordsOf(stanza);
    figures.sentAgain++;
    one.copies++;
    one.due++;
    one.retried ||= one.error > 0;
  }

  /** Only what was sent again has another row, and only behind one that has failed. */
  function tries(stanza: string, rows: readonly Accepted[]): void {
    const sent = 1 + (words.get(stanza) ?? UNHEARD).copies;
    if (rows.length > sent) violate(`${stanza} has ${rows.length} rows, and was sent ${sent} times`);
    for (const { outcome } of rows.slice(0, -1))
      if (!hasFailed(outcome)) violate(`${stanza} was ${outcome}, and has another row`);
  }

  /** What the network has told comes in order, but for what was given up: of a room's lanes by who has said it there. */
  function arrived(parked: ReadonlySet<string>): void {
    figures.parked = parked.size;
    const isParked = (message: string): boolean => parked.has(message.replace(/\/\S+/, ''));
    for (const { lane, number, due } of gaps) {
      const between = Array.from({ length: Math.max(0, number - due) }, (_, index) => `${lane} #${due + index}`);
      if (number > due && between.every(isParked)) continue;
      violate(`${lane} #${number} came where #${due} was due`);
    }
    for (const [lane, count] of told)
      for (let number = 0; number < count; number++) {
        const message = `${lane} #${number}`;
        if (!copies.has(message) && !isParked(message)) violate(`${message} was told and never came`);
      }
  }

  /** Every accepted stanza has one outcome, and its sender knows that. */
  function answered(stanza: string, rows: readonly Accepted[]): void {
    const { receipt, error, retried, copies } = words.get(stanza) ?? UNHEARD;
    // What a client sends again may cross the error on its way, and is a new try all the same.
    const again = retried || (copies > 0 && rows.length > 1);
    for (const { outcome } of rows) figures.outcomes[`${outcome}`] = (figures.outcomes[`${outcome}`] ?? 0) + 1;
    tries(stanza, rows);
    const outcome = rows.at(-1)?.outcome ?? null;
    if (outcome === null) return violate(`${stanza} is accepted and still owed`);
    if (receipt > 0 && error > 0 && !again) violate(`${stanza} has both a receipt and an error`);
    if (rows.at(-1)?.untold) figures.untold++;
    else hasHeard(stanza, outcome);
  }

  function hasHeard(stanza: string, outcome: string): void {
    const { receipt, error } = words.get(stanza) ?? UNHEARD;
    if (outcome === 'delivered' ? receipt > 0 : error > 0) return;
    if (unreached.has(stanza)) figures.unreached++;
    else violate(`${stanza} was ${outcome}, and its sender has not heard so (${receipt} receipts, ${error} errors)`);
  }

  function lands(accepted: readonly Accepted[], landed: readonly Landed[]): void {
    const events = new Map(accepted.map((one) => [one.event, one]));
    const again = sentAgain(accepted);
    const found = new Map<string, Accepted | undefined>();
    const last = new Map<string, number>();
    for (const { lane, number, tag } of landed) {
      const message = `${lane} #${number}`;
      const row = events.get(tag);
      if (!row) violate(`${message} is ${there} and in no row`);
      const copy = found.has(message) && !hasFailed(found.get(message)?.outcome);
      if (copy || found.has(tag)) violate(`${message} is ${there} twice`);
      found.set(message, row).set(tag, row);
      if (!row || !again.has(row.stanza)) inOrder(last, { lane, number });
    }
    for (const [event, { outcome }] of events)
      if (outcome === 'delivered' && !found.has(event)) violate(`${event} was called delivered and is not ${there}`);
  }

  /** What was sent again after an error has no place in the order, nor has what has another row. */
  function sentAgain(accepted: readonly Accepted[]): ReadonlySet<string> {
    const once = new Set<string>();
    const again = new Set<string>();
    for (const { stanza } of accepted) {
      if (once.has(stanza) || words.get(stanza)?.retried) again.add(stanza);
      once.add(stanza);
    }
    return again;
  }

  function inOrder(last: Map<string, number>, { lane, number }: Numbered): void {
    const before = last.get(lane) ?? -1;
    if (number <= before) violate(`${lane} #${number} is ${there} behind #${before}`);
    last.set(lane, number);
  }

  return {
    tell(lane) {
      const number = told.get(lane) ?? 0;
      told.set(lane, number + 1);
      figures.told++;
      return number;
    },
    get connection() {
      return connection;
    },
    came,
    heard,
    unkept,
    returned: (id) => void unsent.add(id),
    unreached: (stanza) => void unreached.add(stanza),
    repeated,
    knows(stanza) {
      const { receipt, error } = words.get(stanza) ?? UNHEARD;
      return receipt + error > 0;
    },
    firsts: () => firsts,
    missing: () => figures.told - copies.size,
    connected(may, lived) {
      unsent = new Set(lived ? may : []);
      owed.set(++connection, new Map([...Map.groupBy(may, (name) => name)].map(([name, rows]) => [name, rows.length])));
    },
    violate,
    close(accepted, landed, parked = []) {
      arrived(new Set(parked.map(({ lane, number }) => `${lane} #${number}`)));
      figures.accepted = accepted.length;
      const rows = Map.groupBy(accepted, ({ stanza }) => stanza);
      for (const [stanza, its] of rows) answered(stanza, its);
      for (const [stanza, { receipt }] of words)
        if (receipt > 0 && !rows.has(stanza)) violate(`${stanza} has a receipt and no row`);
      lands(accepted, landed);
    },
    violations,
    figures,
  };
}
