import { bridge as definition } from '#bridges/sms/index.ts';
import type { Bridge, Outcome } from '#src/bridge.ts';
import type { Draft, Event, FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type EventId, newEventId } from '#src/model/ids.ts';
import { type TestHost, testHost } from '../../contract/host.ts';
import { type Hooks, hooksServer } from '../../fakes/hooks.ts';
import { ACCOUNT, type Hook, TOKEN, type Twilio, twilioServer } from '../../fakes/twilio.ts';
import { unread } from '../../host-parts.ts';

export const DOMAIN = 'sms.gw.example';
export const OUR = '+15005550006';
export const OUR2 = '+15005550007';
export const PHONE = '+14155552671';

export const alice = accountKey('alice@a.example' as BareJid, DOMAIN);
export const bob = accountKey('bob@b.example' as BareJid, DOMAIN);

type Settings = { readonly provider?: object } & Readonly<Record<string, unknown>>;

/** A bridge at a fake provider, called over real HTTP. */
export type World = AsyncDisposable &
  TestHost & {
    readonly twilio: Twilio;
    bridge: Bridge;
    readonly hook: Hook;
    readonly kept: { readonly type: string | undefined; readonly bytes: Buffer }[];
    /** A user writes. Gives the event's id. */
    send(
      account: typeof alice,
      text: string,
      more?: { to?: string; id?: EventId; files?: readonly FileRef[] },
    ): EventId;
    event(account: typeof alice, text: string, more?: { to?: string; id?: EventId; files?: readonly FileRef[] }): Event;
    /** Resolves with what was told of an event, once there is so much of it. */
    outcomes(id: EventId, count?: number): Promise<readonly Outcome[]>;
    /** A phone writes. Resolves once all webhooks are answered. */
    text(body: string, more?: { from?: string; to?: string }): Promise<void>;
    /** What an account was told, and what the phone was sent, so far. */
    told(account: typeof alice): string[];
    sent(): string[];
    /** The next text that went to the phones, by its place in their order. */
    nth(index: number): Promise<string>;
    /** The gateway begins to stop. */
    stop(): void;
    /** Closes the bridge and opens another on the same state. */
    restart(): Promise<void>;
  };

/** `prepare` is done before the bridge is opened the first time. */
export async function world(
  { provider = {}, ...settings }: Settings = {},
  base?: string,
  prepare: (twilio: Twilio) => void = () => undefined,
): Promise<World> {
  const twilio = await twilioServer();
  prepare(twilio);
  const stopping = new AbortController();
  const hooks: Hooks = await hooksServer();
  const http = hooks.open(base);
  const hook = { url: http.url('/inbound') ?? '', real: http.real('/inbound') };
  twilio.hooks.push(hook);
  const kept: World['kept'] = [];
  const parts = testHost(
    DOMAIN,
    {},
    {
      http,
      signal: stopping.signal,
      fetch: (url) => fetch(url),
      media: {
        open: unread,
        hold: () => Promise.reject(new Failure('service-unavailable')),
        lend() {
          throw new Failure('service-unavailable');
        },
        async put(content, { type }) {
          kept.push({
            type,
            bytes: Buffer.from(await new Response(content as ReadableStream<Uint8Array>).arrayBuffer()),
          });
          return { url: `https://media.example/${kept.length}`, ...(type !== undefined && { type }), expires: 0 };
        },
      },
    },
  );
  const config = definition.config.parse({
    provider: {
      kind: 'twilio',
      account_sid: ACCOUNT,
      auth_token: TOKEN,
      numbers: [OUR],
      api_url: twilio.api,
      timeout: '5s',
      ...provider,
    },
    countries: ['US'],
    country: 'US',
    texts: { first: '' },
    ...settings,
  });
  const outcomesOf = (id: EventId): Outcome[] =>
    parts.settled.filter((one) => one.id === id).map(({ outcome }) => outcome);
  const sent = (): string[] =>
    twilio.messages
      .filter(({ direction }) => direction !== 'inbound')
      .map(({ body }) => body)
      .toReversed();

  const made: World = {
    ...parts,
    twilio,
    hook,
    kept,
    bridge: await definition.open(config, parts.host),
    event: (account, text, { to = PHONE, id = newEventId(), files } = {}) => ({
      id,
      at: parts.clock.now(),
      live: true,
      place: { kind: 'contact', account, id: to },
      from: { kind: 'xmpp', bare: account.split(' ')[0] as BareJid },
      kind: 'message',
      style: 'plain',
      text,
      ...(files && { files }),
    }),
    send(account, text, more) {
      const event = made.event(account, text, more);
      try {
        made.bridge.deliver(event);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        parts.host.settle(event.id, error);
      }
      return event.id;
    },
    outcomes: (id, count = 1) =>
      parts.when(`${count} outcomes`, () => outcomesOf(id).length >= count && outcomesOf(id)),
    async text(body, { from = PHONE, to = OUR } = {}) {
      await twilio.receive({ from, to, body });
    },
    told: (account) => parts.drafts.flatMap((draft) => textOf(draft, account)),
    sent,
    stop: () => stopping.abort(),
    nth: (index) => twilio.when(() => sent()[index]),
    async restart() {
      await made.bridge[Symbol.asyncDispose]();
      made.bridge = await definition.open(config, parts.host);
    },
    async [Symbol.asyncDispose]() {
      await made.bridge[Symbol.asyncDispose]();
      await twilio[Symbol.asyncDispose]();
      await hooks[Symbol.asyncDispose]();
    },
  };
  return made;
}

function textOf(draft: Draft, account: typeof alice): string[] {
  if (draft.place.kind !== 'contact' || draft.place.account !== account) return [];
  return [draft.kind === 'message' ? draft.text : draft.kind];
}
