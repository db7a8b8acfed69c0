import type { Fault, Whims } from '../../test/fakes/twilio.ts';
import type { FakeMessage } from '../../test/fakes/twilio-messages.ts';
import { between, oneOf, type Random } from '../random.ts';

/** How the provider is for a while. */
export type Mood = 'well' | 'mixed' | 'unclear' | 'slow' | 'busy' | 'down';

/** Milliseconds after which a request of the gateway's is given up. */
export const TIMEOUT = 300;
/** The longest that work goes on behind a request, and until what was done stands in lists, in ms. */
const WORK = 600;
const LAG = 300;
/** Milliseconds after which work that nobody has heard of is not done any more: much longer than it can be. */
export const UNCLEAR = 3000;

type Make = (random: Random) => Fault | undefined;

const fine: Make = () => undefined;
const refuse =
  (status: number): Make =>
  () => ({ kind: 'refuse', status, code: status === 429 ? 20429 : 20500 });
const broken: Make = () => ({ kind: 'break' });
const slow: Make = (random) => ({ kind: 'slow', before: between(random, 0, 100), after: between(random, 0, 100) });
/** The work is done, before or behind the end of the gateway's patience, and the answer comes after it. */
const late: Make = (random) => ({ kind: 'slow', before: between(random, 0, WORK), after: TIMEOUT + 100 });
const doneThen =
  (status: number | 'break'): Make =>
  () => ({ kind: 'done-then', status });
const garbage: Make = () => ({ kind: 'garbage' });

const times = (count: number, make: Make): Make[] => Array.from({ length: count }, () => make);

/** What befalls a request that sends a text; each is as likely as any other. */
const creating: Readonly<Record<Mood, readonly Make[]>> = {
  well: [fine],
  mixed: [...times(8, fine), slow, late, refuse(429), refuse(500), broken, doneThen(500), doneThen('break'), garbage],
  unclear: [fine, fine, late, late, doneThen(500), doneThen(502), doneThen('break'), garbage, broken, refuse(500)],
  slow: [slow, slow, slow, late],
  busy: [fine, fine, refuse(429), refuse(429), refuse(503)],
  down: [refuse(500), refuse(503), broken, late],
};

/** The same for one that reads the list. */
const listing: Readonly<Record<Mood, readonly Make[]>> = {
  well: [fine],
  mixed: [...times(8, fine), slow, refuse(429), refuse(500), broken, garbage],
  unclear: [...times(4, fine), late, garbage, refuse(500)],
  slow: [slow, slow, late],
  busy: [fine, refuse(429)],
  down: [refuse(500), refuse(503), broken],
};

/** A provider as it pleases. */
export type Moody = Pick<Whims, 'create' | 'list' | 'listed'> & {
  mood: Mood;
  /** How often what befell whom. */
  readonly figures: Readonly<Record<string, number>>;
};

export function openMoody(random: Random, now: () => number): Moody {
  const figures: Record<string, number> = {};
  const lags = new WeakMap<FakeMessage, number>();
  const count = (fault: Fault | undefined): Fault | undefined => {
    const name = fault === undefined ? 'fine' : nameOf(fault);
    figures[name] = (figures[name] ?? 0) + 1;
    return fault;
  };
  const moody: Moody = {
    mood: 'well',
    figures,
    create: () => count(oneOf(random, creating[moody.mood])(random)),
    list: () => oneOf(random, listing[moody.mood])(random),
    listed(message) {
      if (message.direction === 'inbound') return true;
      const lag = lags.get(message) ?? (moody.mood === 'well' ? 0 : between(random, 0, LAG));
      lags.set(message, lag);
      return now() - message.created >= lag;
    },
  };
  return moody;
}

function nameOf(fault: Fault): string {
  if (fault.kind === 'slow') return fault.before + fault.after > TIMEOUT ? 'late' : 'slow';
  return 'status' in fault ? `${fault.kind} ${fault.status}` : fault.kind;
}
