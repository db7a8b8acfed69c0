import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Delivered } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Journaled, JournalOutcome } from '#src/store/index.ts';

/** Where a row stands, as far as its life depends on it. */
export type Life = Pick<Journaled, 'state' | 'attempts' | 'doubted' | 'told' | 'notBefore' | 'expires'>;

export type LifeInput =
  /** It is handed over now. */
  | { readonly on: 'begin' }
  | { readonly on: 'settled'; readonly state: Delivered['state'] }
  | { readonly on: 'failed'; readonly failure: Failure }
  /** What was found out about a doubt, which `failure` had raised. */
  | { readonly on: 'reconciled'; readonly as: 'sent' | 'not-sent' | 'unknown'; readonly failure: Failure }
  /** It has not left and can be changed, or is not wanted any more: then it ends, and nobody hears of it. */
  | { readonly on: 'withdrawn'; readonly over: boolean }
  /** Found in flight after a start: the process that sent it is gone. */
  | { readonly on: 'orphaned' }
  /** It was tried alone, and the process is still there. */
  | { readonly on: 'cleared' }
  /** Time has gone by while nothing was under way. */
  | { readonly on: 'time' }
  /** Nobody is to try it any more: an operator says so, its account is gone, or nobody connects for it. What is purged is answered to nobody. */
  | { readonly on: 'dropped'; readonly as: 'bounced' | 'purged'; readonly failure: Failure };

export type LifeEffect =
  | { readonly do: 'step'; readonly note: string }
  /** `certain`: it is sure that nobody got it, so that what it would have cost is given back. */
  | {
      readonly do: 'end';
      readonly outcome: JournalOutcome;
      readonly note: string;
      readonly certain: boolean;
      readonly failure?: Failure;
    }
  | { readonly do: 'receipt' }
  | { readonly do: 'bounce'; readonly failure: Failure }
  /** Its sender is told that it waits. */
  | { readonly do: 'tell' }
  | { readonly do: 'reconcile'; readonly failure: Failure }
  /** It has ended the process too often: the operator is told. */
  | { readonly do: 'report' };

/** What a life depends on beside itself. Times in ms of gateway time. */
export type LifeFacts = {
  readonly now: number;
  readonly confirms: 'none' | 'taken' | 'delivered';
  /** Whether its sender has the receipt as soon as the network's server has the event. */
  readonly handedOver: boolean;
  /** A repeat costs money. */
  readonly charged: boolean;
  /** It is tried once, and no longer than there was somebody to hand it to; then it ends with this. */
  readonly once?: Failure;
  /** A repeat is borne by whoever gets it: nobody is asked about what an earlier run has sent. */
  readonly repeatable?: boolean;
  /**
   * Its receiver is behind another server: what that server's peer has read may come back for so long (ms), and is tried again
   * then where that may help.
   */
  readonly returns?: number | undefined;
  /** How long an event is tried, and after how long its sender is told that it waits. */
  readonly expiry: number;
  readonly tell: number;
  /** The wait before the next try. */
  wait(attempts: number, failure: Failure): number;
};

type Next = readonly [Life, ...LifeEffect[]];

/**
 * Stand for the time of the next try of a row that was in flight when the process ended, once or twice in a row, and stay while it
 * is tried: so the store knows what has ended the process and what is alone. A try that the process outlives ends that.
 */
const ONCE = -1;
const ALONE = -2;
/** How often a process may end while its network is asked about one that was alone: it counts down from there. */
const ASKED = 8;

/** Whether it may be what has ended the process: then no other suspect is under way with it. */
export const isSuspect = ({ notBefore }: Pick<Life, 'notBefore'>): boolean => notBefore <= ALONE;

/** As it is when it need not wait for the time of its next try. */
export const hastened = (life: Life): Life => ({ ...life, notBefore: Math.min(life.notBefore, 0) });

/** One step in the life of a row. Pure: what its state does not know leaves it as it is. */
export function step(life: Life, input: LifeInput, facts: LifeFacts): Next {
  const owed = life.state === 'ready' || life.state === 'flight';
  if (!owed && life.state !== 'taken') return [life];
  switch (input.on) {
    case 'begin':
      return life.state === 'ready' ? begin(life) : [life];
    case 'settled':
      return settled(life, input.state, facts);
    case 'failed':
      return failed(life, input.failure, facts);
    case 'reconciled':
      return owed ? reconciled(life, input, facts) : [life];
    case 'withdrawn':
      return owed ? withdrawn(life, input.over, facts) : [life];
    case 'orphaned':
      return life.state === 'flight' ? orphaned(life, facts) : [life];
    case 'cleared':
      return life.state === 'flight' && isSuspect(life) ? cleared(life, 'it was not what ended the process') : [life];
    case 'time':
      return owed ? late(life, facts) : [life];
    case 'dropped':
      return dropped(life, input);
  }
}

function begin(life: Life): Next {
  const attempts = life.attempts + 1;
  return [
    { ...life, state: 'flight', attempts },
    { do: 'step', note: `attempt ${attempts}${isSuspect(life) ? ', alone' : ''}` },
  ];
}

function settled(life: Life, state: Delivered['state'], facts: LifeFacts): Next {
  if (state === 'delayed') return delayed(life);
  if (state === 'written' || (state === 'taken' && life.state === 'taken')) return [life];
  // What has come back before its proof did is owed again.
  if (state === 'taken' && life.state === 'ready' && facts.returns !== undefined) return [life];
  if (state === 'taken' && facts.confirms === 'delivered') {
    const receipt: LifeEffect[] = facts.handedOver ? [{ do: 'receipt' }] : [];
    const notBefore = facts.returns === undefined ? life.notBefore : facts.now + facts.returns;
    return [{ ...life, state: 'taken', notBefore }, { do: 'step', note: 'taken' }, ...receipt];
  }
  const receipt: LifeEffect[] = life.state === 'taken' && facts.handedOver ? [] : [{ do: 'receipt' }];
  return [{ ...life, state: 'done' }, { do: 'end', outcome: 'delivered', note: state, certain: true }, ...receipt];
}

/** Its network has it and goes on trying: it waits there, and its sender is told so once. */
const delayed = (life: Life): Next =>
  life.told ? [life] : [{ ...life, told: true }, { do: 'step', note: 'delayed' }, { do: 'tell' }];

function withdrawn(life: Life, over: boolean, { now }: LifeFacts): Next {
  if (over)
    return [
      { ...life, state: 'done' },
      { do: 'end', outcome: 'purged', note: 'taken back by its sender', certain: !life.doubted },
    ];
  return life.state === 'flight' ? again(life, now, 'taken back, to be changed') : [life];
}

function bounced(life: Life, failure: Failure, outcome: JournalOutcome = 'bounced'): Next {
  const certain = failure.certain && !life.doubted;
  const note = `${outcome}: ${failure.code}${failure.foreign === undefined ? '' : ` (${failure.foreign})`}`;
  return [
    { ...life, state: outcome === 'parked' ? 'parked' : 'done' },
    { do: 'end', outcome, note, certain, failure },
    { do: 'bounce', failure },
  ];
}

function failed(life: Life, failure: Failure, facts: LifeFacts): Next {
  // What comes back twice is about one try.
  if (facts.returns !== undefined && life.state === 'ready') return [life];
  const over = life.state === 'taken' && facts.returns === undefined;
  if (over || facts.once) return bounced(life, failure);
  if (!failure.certain && life.state === 'flight')
    return [...cleared(life, `in doubt: ${failure.code}`), { do: 'reconcile', failure }];
  if (!failure.row.retry) return bounced(life, failure);
  // What was taken has not ended the process, and for a server that cannot be reached the tries are counted elsewhere.
  const isAway = life.state === 'taken' && failure.code === 'remote-server-timeout';
  const survived = isAway ? { ...life, attempts: 0 } : life;
  return again(survived, facts.now + facts.wait(life.attempts, failure), `failed: ${failure.code}`);
}

const cleared = (life: Life, note: string): Next => [
  { ...life, notBefore: Math.max(life.notBefore, 0) },
  { do: 'step', note },
];

const again = (life: Life, notBefore: number, note: string): Next => [
  { ...life, state: 'ready', notBefore },
  { do: 'step', note },
];

function reconciled(life: Life, { as, failure }: LifeInput & { on: 'reconciled' }, facts: LifeFacts): Next {
  if (as === 'sent') return settled(life, 'taken', facts);
  if (failure === SUSPECTED && isSuspect(life)) return parked(life);
  const next = failure === ORPHANED ? afterStart(life) : facts.now;
  if (as === 'not-sent') return again(life, next, 'was not sent');
  // Once more under the same ids, which a network that looks at them does not show twice; never where it costs again.
  if (facts.charged || life.doubted) return bounced(life, failure);
  return again({ ...life, doubted: true }, next, 'sent or not, it is sent again');
}

function dropped(life: Life, { as, failure }: LifeInput & { on: 'dropped' }): Next {
  // What was handed over may have arrived.
  const { code, message: text, foreign } = failure;
  const certain = failure.certain && life.state === 'ready';
  const sure = new Failure(code, { text, certain, ...(foreign !== undefined && { foreign }) });
  const [next, ...effects] = bounced(life, sure, as);
  return [next, ...effects.filter((effect) => as === 'bounced' || effect.do === 'end')];
}

/** The one doubt that every start raises. */
const ORPHANED = new Failure('remote-server-timeout', {
  text: texts.suspected,
  certain: false,
});

/** When what an earlier run had in flight is tried again. */
const afterStart = ({ notBefore }: Life): number => (notBefore === ONCE ? ALONE : ONCE);

/** The doubt about one that was alone when the process ended. */
const SUSPECTED = new Failure('internal', { certain: false });

/** What was alone is parked, unless its network can say that it has it; and it is not asked about without end. */
function orphaned(life: Life, facts: LifeFacts): Next {
  if (!isSuspect(life))
    return facts.repeatable
      ? again(life, afterStart(life), 'it is sent again')
      : [life, { do: 'reconcile', failure: ORPHANED }];
  if (facts.repeatable || life.notBefore <= ALONE - ASKED) return parked(life);
  const next = { ...life, notBefore: life.notBefore - 1 };
  return [next, { do: 'step', note: 'was tried alone' }, { do: 'reconcile', failure: SUSPECTED }];
}

function parked(life: Life): Next {
  const [next, ...effects] = bounced(life, SUSPECTED, 'parked');
  return [next, ...effects, { do: 'report' }];
}

function late(life: Life, facts: LifeFacts): Next {
  // A flight that nothing was heard of may have arrived.
  const certain = life.state === 'ready';
  if (facts.now >= life.expires && facts.once) return bounced(life, facts.once, 'expired');
  if (facts.now >= life.expires)
    return bounced(life, new Failure('remote-server-timeout', { text: texts.expired, certain }), 'expired');
  if (life.told || facts.now < life.expires - facts.expiry + facts.tell) return [life];
  return [{ ...life, told: true }, { do: 'step', note: 'the sender knows that it waits' }, { do: 'tell' }];
}

/** When time alone changes something next: a try, the word that it waits, or its end. Gateway time. */
export function nextTime(life: Life, facts: Pick<LifeFacts, 'expiry' | 'tell'>): number {
  const tell = life.told ? life.expires : life.expires - facts.expiry + facts.tell;
  return Math.min(life.expires, tell);
}
