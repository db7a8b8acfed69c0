import { domainOf, nameOf, type Parts } from '#bridges/sms/transport.ts';
import type { Speaking } from '#mappings/sms-speaker.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Thread } from './thread.ts';

/** What the words before a user's text depend on. */
export async function speakingOf(parts: Parts, account: AccountKey, our: string, thread: Thread): Promise<Speaking> {
  const { config, host } = parts;
  const { speaker } = thread;
  const token = thread.pairs.length > 1 ? thread.pairs.find((one) => one.account === account)?.token : undefined;
  return {
    name: await nameOf(parts, account),
    domain: domainOf(account),
    firstLine: config.texts.first,
    greeted: thread.greeted,
    shared: config.owners[our]?.dedicated !== true,
    ...(speaker && { last: { same: speaker.account === account, ago: host.clock.now() - speaker.at } }),
    ...(token !== undefined && { token }),
  };
}
