import { sms } from '#mappings/sms.ts';
import type { Bridge, Host } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import { resolve } from './addresses.ts';
import type { SmsConfig } from './config.ts';
import { openAsking } from './forms/asking.ts';
import { openDemo } from './provider/demo.ts';
import { openFiles } from './provider/files.ts';
import { openPoll } from './provider/poll.ts';
import type { Provider } from './provider/provider.ts';
import { openTracking } from './provider/tracking.ts';
import { openTwilio } from './provider/twilio.ts';
import { refOf, serveWebhooks } from './provider/webhooks.ts';
import { openMemory } from './routing/memory.ts';
import { openAutomatic } from './texts/automatic.ts';
import { openInbox } from './texts/inbox.ts';
import { openOutbox } from './texts/outbox.ts';
import { preview } from './texts/preview.ts';
import { openRecent } from './texts/recent.ts';
import { openAlone, type Parts } from './transport.ts';

const openProvider = (config: SmsConfig, host: Host): Provider =>
  config.provider.kind === 'twilio'
    ? openTwilio(config.provider, config.mms)
    : openDemo(host.transport, host.clock.now);

/** Opens an SMS transport. The provider is asked for what was missed; nobody has a connection of their own. */
export async function openBridge(config: SmsConfig, host: Host): Promise<Bridge> {
  const provider = openProvider(config, host);
  const parts: Parts = {
    host,
    config,
    provider,
    memory: await openMemory(host),
    recent: openRecent(),
    alone: openAlone(host),
  };
  const tracking = openTracking(parts);
  const files = openFiles(parts);
  const automatic = openAutomatic(parts);
  const asking = openAsking(parts, automatic);
  const outbox = openOutbox(parts, { tracking, asking });
  const inbox = openInbox({ ...parts, asking, automatic }, () => void files.fetchAll());
  let paused = false;
  let closed = false;
  const poll = await openPoll(parts, { inbox, tracking, files, asking }, () => paused);

  if (provider.capabilities.webhooks)
    serveWebhooks({ host, provider, inbox, tracking, paused: () => paused || closed });
  if (provider.capabilities.webhooks && host.http.url('/inbound') === undefined)
    host.log.warn('there is no public address for webhooks: texts come in when the provider is asked for them');
  provider.listen?.({
    inbound: inbox.take,
    async status(callback, news) {
      const ref = refOf(callback);
      if (ref !== undefined) await tracking.news(ref, news);
    },
  });
  void poll.now();

  return {
    deliver: outbox.deliver,
    ask: async <Q extends Query>(query: Q) => (await answer(query, config)) as ReplyTo<Q>,
    reconcile: ({ id }) => tracking.look(id),
    withdraw: outbox.withdraw,
    preview: (event) => preview(parts, event),
    narrow: (place) => narrowed(config, place),
    pause(now) {
      const resumed = paused && !now;
      paused = now;
      if (resumed) void poll.now();
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      files.stop();
      const idle = [poll.stop(), outbox.close()];
      await provider[Symbol.asyncDispose]();
      await Promise.all(idle);
    },
  };
}

async function answer(query: Query, config: SmsConfig): Promise<Reply> {
  if (query.kind === 'resolve') return { kind: 'resolve', id: resolve(query.text, config.country) };
  if (query.kind === 'ping' && query.who === undefined) return { kind: 'ping', ms: 0 };
  throw new Failure('not-supported');
}

/** What the operator's numbers really carry. */
function narrowed({ max_segments, mms }: SmsConfig, place: Place): Capabilities {
  const { facts } = sms;
  if (place.kind !== 'contact') return { ...facts, out: {}, in: {}, files: {} };
  return { ...facts, text: { ...facts.text, size: max_segments }, files: mms ? facts.files : {} };
}
