import type { Element } from 'ltx';
import type { FakeConnection } from '../test/fakes/xmpp-server.ts';
import { between, oneOf, type Random } from './random.ts';

/** What the gateway has written to somebody far away, and in its how manieth connection. */
export type FarStanza = { readonly stanza: Element; readonly written: number };

export type FarServerParts = {
  readonly random: Random;
  /** It has reached its server. */
  arrives(one: FarStanza): void;
  /** It does not, and goes back to the gateway as an error where there can be one. */
  returns(one: FarStanza): void;
  /** The server is there again: its users are, too. */
  back(): void;
};

/**
 * A server of users behind the one of the gateway, and the link of the two as seen in real servers: what is written while the
 * other does not answer waits for one attempt to connect, and all of it gets through or comes back when that has ended.
 */
export type FarServer = {
  readonly isUp: boolean;
  /** The gateway has connected to its server. */
  attach(connection: FakeConnection): void;
  take(one: FarStanza): void;
  /** Goes away and comes back from now on. */
  begin(): void;
  /** Is there, and stays. */
  end(): void;
  readonly figures: { away: number; returned: number; unheard: number };
};

/** How it is away: the type and condition of the errors, or nothing where what is written waits until it answers again. */
const WAYS = [
  { type: 'cancel', condition: 'remote-server-not-found' },
  { type: 'wait', condition: 'remote-server-timeout' },
  'frozen',
] as const;
type Way = (typeof WAYS)[number];

/** Ms: how long it is there and away, and how long an attempt to connect takes. */
const THERE = [500, 4000] as const;
const AWAY = [1000, 6000] as const;
const ATTEMPT = [600, 3000] as const;

export function openFarServer({ random, arrives, returns, back }: FarServerParts): FarServer {
  const figures = { away: 0, returned: 0, unheard: 0 };
  let way: Way | undefined;
  let waiting: FarStanza[] = [];
  let attempt: NodeJS.Timeout | undefined;
  let turn: NodeJS.Timeout | undefined;
  let connection: FakeConnection | undefined;

  const takeAll = (): readonly FarStanza[] => {
    const all = waiting;
    waiting = [];
    return all;
  };

  /** An attempt that was begun while nobody listens fails, whoever is there when it does. */
  function connect({ type, condition }: Exclude<Way, 'frozen'>): void {
    attempt = setTimeout(() => void fail(type, condition), between(random, ATTEMPT[0], ATTEMPT[1]));
  }

  /** What the gateway has written before it reads of the failure fails as well. */
  async function fail(type: string, condition: string): Promise<void> {
    const sendAll = (): void => {
      for (const one of takeAll()) sendBack(one, type, condition);
    };
    sendAll();
    if (connection) await Promise.race([connection.sync(), connection.closed]);
    attempt = undefined;
    sendAll();
  }

  function sendBack(one: FarStanza, type: string, condition: string): void {
    returns(one);
    const error = errorOf(one.stanza, type, condition);
    if (!error) return;
    figures.returned++;
    // Nobody keeps it for a component that is not there.
    if (connection) connection.send(error);
    else figures.unheard++;
  }

  function leave(): void {
    figures.away++;
    way = oneOf(random, WAYS);
    turn = setTimeout(comeBack, between(random, ...AWAY));
  }

  function comeBack(): void {
    if (way === undefined) return;
    way = undefined;
    if (!attempt) for (const one of takeAll()) arrives(one);
    back();
    turn = setTimeout(leave, between(random, ...THERE));
  }

  return {
    get isUp() {
      return way === undefined;
    },
    attach(fresh) {
      connection = fresh;
      void fresh.closed.then(() => {
        if (connection === fresh) connection = undefined;
      });
    },
    take(one) {
      if (way === undefined && !attempt) return arrives(one);
      waiting.push(one);
      if (way !== undefined && way !== 'frozen' && !attempt) connect(way);
    },
    begin() {
      turn ??= setTimeout(leave, between(random, ...THERE));
    },
    end() {
      comeBack();
      clearTimeout(turn);
      turn = undefined;
    },
    figures,
  };
}

/** What a server answers for one that it does not reach (RFC 6120 §10.4): errors and results are answered by nobody (§8.3.1). */
function errorOf({ name, attrs }: Element, type: string, condition: string): string | undefined {
  if (attrs.type === 'error' || attrs.type === 'result') return undefined;
  const own = attrs.id === undefined ? '' : ` id='${attrs.id}'`;
  const ns = 'urn:ietf:params:xml:ns:xmpp-stanzas';
  return `<${name} type='error' from='${attrs.to}' to='${attrs.from}'${own}><error type='${type}'><${condition} xmlns='${ns}'/></error></${name}>`;
}
