import { sms } from '#mappings/sms.ts';
import type { Bridge, Host } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import { resolve } from './addresses.ts';
import type { SmsConfig } from './config.ts';
import { openFormDialogue } from './forms/dialogue.ts';
import { openDemo } from './provider/demo.ts';
import { openMediaDownloads } from './provider/media.ts';
import { openPoll } from './provider/poll.ts';
import type { Provider } from './provider/provider.ts';
import { openTracking } from './provider/tracking.ts';
import { openTwilio } from './provider/twilio.ts';
import { refOf, serveWebhooks } from './provider/webhooks.ts';
import { openState } from './routing/state.ts';
import { openGatewayTexts } from './texts/gateway-texts.ts';
import { openInboundTexts } from './texts/inbound.ts';
import { openOutboundTexts } from './texts/outbound.ts';
import { preview } from './texts/preview.ts';
import { openRecentTexts } from './texts/recent-texts.ts';
import { openLanes, type SmsTransport } from './transport.ts';

/** Ms: how long the stop waits for a provider that is being told something. */
const ANSWER_TIME = 3000;

const openProvider = (config: SmsConfig, host: Host): Provider =>
  config.provider.kind === 'twilio'
    ? openTwilio(config.provider, config.mms)
    : openDemo(host.transport, host.clock.now);

/** Opens an SMS transport. The provider is asked for what was missed; nobody has a connection of their own. */
export async function openBridge(config: SmsConfig, host: Host): Promise<Bridge> {
  const provider = openProvider(config, host);
  const transport: SmsTransport = {
    host,
    config,
    provider,
    state: await openState(host),
    recent: openRecentTexts(),
    alone: openLanes(host),
  };
  const tracking = openTracking(transport);
  const files = openMediaDownloads(transport);
  const gatewayTexts = openGatewayTexts(transport);
  const formDialogue = openFormDialogue(transport, gatewayTexts);
  const outbound = openOutboundTexts(transport, { tracking, formDialogue });
  const inbound = openInboundTexts({ ...transport, formDialogue, gatewayTexts }, () => void files.fetchAll());
  let paused = false;
  let closed = false;
  const poll = await openPoll(transport, { inbound, tracking, files, formDialogue }, () => paused);

  if (provider.capabilities.webhooks)
    serveWebhooks({ host, provider, inbound, tracking, paused: () => paused || closed });
  if (provider.capabilities.webhooks && host.http.url('/inbound') === undefined)
    host.log.warn('there is no public address for webhooks: texts come in when the provider is asked for them');
  provider.listen?.({
    inbound: inbound.take,
    async status(callback, news) {
      const ref = refOf(callback);
      if (ref !== undefined) await tracking.news(ref, news);
    },
  });
  void poll.now();

  return {
    deliver: outbound.deliver,
    ask: async <Q extends Query>(query: Q) => (await answer(query, config)) as ReplyTo<Q>,
    reconcile: ({ id }) => tracking.look(id),
    withdraw: outbound.withdraw,
    preview: (event) => preview(transport, event),
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
      const idle = [poll.stop(), outbound.close()];
      await formDialogue.idle(ANSWER_TIME);
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
