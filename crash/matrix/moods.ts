import type { FakeHomeserver, Fault } from '../../test/fakes/homeserver.ts';
import { between, oneOf, type Random } from '../random.ts';

/** What befalls a call that changes something: nothing, a refusal for a while, or an answer that says nothing of the work that is done. */
type Whim = 'fine' | '429' | '500' | '502' | 'done 500' | 'done 504' | 'done broken';
export type MatrixMood = 'well' | 'mixed' | 'unclear' | 'busy' | 'down';

const times = (count: number, whim: Whim): Whim[] => Array.from({ length: count }, () => whim);
const whims: Readonly<Record<MatrixMood, readonly Whim[]>> = {
  well: ['fine'],
  mixed: [...times(10, 'fine'), '429', '500', '502', 'done 500', 'done 504', 'done broken'],
  unclear: [...times(3, 'fine'), 'done 500', 'done 504', 'done broken'],
  busy: ['fine', 'fine', '429'],
  down: ['500', '502', 'done 504', 'done broken'],
};

/** The longest that a homeserver asks to wait, in ms. */
const WAIT = 200;

/** The homeserver as it pleases. */
export type Moody = {
  mood: MatrixMood;
  away: boolean;
  readonly figures: Readonly<Record<string, number>>;
};

export function openMoody({ faults }: Pick<FakeHomeserver, 'faults'>, random: Random): Moody {
  const figures: Record<string, number> = {};
  const faultOf = (whim: Whim): Fault | undefined => {
    const body = { errcode: 'M_LIMIT_EXCEEDED', error: '', retry_after_ms: between(random, 1, WAIT) };
    switch (whim) {
      case 'fine':
        return undefined;
      case '429':
        return { kind: 'refuse', status: 429, body };
      case '500':
        return { kind: 'refuse', status: 500, body: { errcode: 'M_UNKNOWN', error: '' } };
      case '502':
        return { kind: 'html', status: 502 };
      case 'done broken':
        return { kind: 'done-then', status: 'break' };
      default:
        return { kind: 'done-then', status: Number(whim.slice(-3)) };
    }
  };
  const moody: Moody = { mood: 'well', away: false, figures };
  // Each call that changes something asks for what befalls it.
  faults.shift = () => {
    const whim = moody.away ? '502' : oneOf(random, whims[moody.mood]);
    figures[whim] = (figures[whim] ?? 0) + 1;
    return faultOf(whim);
  };
  return moody;
}
