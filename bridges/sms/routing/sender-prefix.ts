import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { Speaking } from '#mappings/sms-speaker.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Conversation } from './conversation.ts';
import { domainOf, nameOf } from './users.ts';

/** What the words before a user's text depend on. */
export async function prefixInputOf(
  transport: SmsTransport,
  account: AccountKey,
  our: string,
  conversation: Conversation,
): Promise<Speaking> {
  const { config, host } = transport;
  const { speaker } = conversation;
  const token =
    conversation.pairs.length > 1 ? conversation.pairs.find((one) => one.account === account)?.token : undefined;
  return {
    name: await nameOf(transport, account),
    domain: domainOf(account),
    firstLine: config.texts.first,
    greeted: conversation.greeted,
    shared: config.owners[our]?.dedicated !== true,
    ...(speaker && { last: { same: speaker.account === account, ago: host.clock.now() - speaker.at } }),
    ...(token !== undefined && { token }),
  };
}
