import type { Answered, Hook, Twilio } from '../../test/fakes/twilio.ts';
import type { Params } from '../../test/fakes/twilio-webhooks.ts';

/** How a webhook has fared: taken, surely not taken, or cut off before its answer. */
export type Call = 'told' | 'missed' | 'unsure';

/** The provider's requests to the gateway. */
export type Calls = {
  inbound(params: Params): Promise<Call>;
  status(callback: string | undefined, params: Params): Promise<Call>;
  /** While it is on, nothing more gets through. */
  cut: boolean;
  /** How many are under way. */
  readonly open: number;
  /** Runs when a request of the provider's has been sent off. */
  onCall: (() => void) | undefined;
  readonly figures: Readonly<Record<Call, number>>;
};

const NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';

/** To a gateway whose public listener is at `real` and is called `base`, both without a path. */
export function openCalls(
  twilio: Pick<Twilio, 'post'>,
  { base, real, hooks }: { readonly base: string; readonly real: string; readonly hooks: string },
  violate: (sentence: string) => void,
): Calls {
  const figures: Record<Call, number> = { told: 0, missed: 0, unsure: 0 };
  let open = 0;

  async function call(hook: Hook, params: Params, right: (answer: Answered) => boolean): Promise<Call> {
    open++;
    const fared = calls.cut ? 'missed' : await posted(hook, params, right);
    open--;
    figures[fared]++;
    return fared;
  }

  async function posted(hook: Hook, params: Params, right: (answer: Answered) => boolean): Promise<Call> {
    try {
      const answering = twilio.post(hook, params);
      calls.onCall?.();
      const answer = await answering;
      if (right(answer)) return 'told';
      if (answer.status !== 503) violate(`a webhook was answered ${answer.status} ${answer.body.slice(0, 100)}`);
      return 'missed';
    } catch (error) {
      return refused(error) ? 'missed' : 'unsure';
    }
  }

  const calls: Calls = {
    inbound: (params) =>
      call({ url: `${base}${hooks}/inbound`, real: `${real}${hooks}/inbound` }, params, ({ status, body }) => {
        return status === 200 && body === NOTHING;
      }),
    async status(callback, params) {
      if (!callback?.startsWith(base)) {
        violate(`a text has asked for callbacks at ${callback}`);
        return 'missed';
      }
      const hook = { url: callback, real: real + callback.slice(base.length) };
      return call(hook, params, ({ status }) => status === 204);
    },
    cut: false,
    get open() {
      return open;
    },
    onCall: undefined,
    figures,
  };
  return calls;
}

const refused = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ECONNREFUSED';
