import { texts } from '#bridges/sms/texts/catalogue.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { homeOf } from './our-numbers.ts';
import { accountOf } from './users.ts';

/**
 * The number of ours from which an account writes to somebody: its own, else the one that it wrote from before, else
 * one from which nobody else is in touch with them, else the one with the fewest. Rejects with a `Failure` if there is
 * none for this account.
 */
export async function chooseNumber(transport: SmsTransport, account: AccountKey, their: string): Promise<string> {
  const open = usable(transport, account, their);
  const own = open.find((our) => isOwn(transport, account, our));
  if (own !== undefined) return own;
  const before = await transport.state.choice(account, their);
  if (before !== undefined && open.includes(before)) return before;
  const counted = await Promise.all(
    open.map(async (our) => {
      const { pairs } = await transport.state.conversation(our, their);
      return { our, others: pairs.filter((one) => one.account !== account).length };
    }),
  );
  const [best] = counted.sort((a, b) => a.others - b.others);
  if (!best) throw new Failure('not-allowed', { text: texts.noNumber });
  return best.our;
}

const isOwn = (transport: SmsTransport, account: AccountKey, our: string): boolean => {
  const owner = transport.config.owners[our];
  return owner?.dedicated === true && accountOf(transport, owner.user) === account;
};

/** A number that somebody has alone is nobody else's; a short code is reached from its own country only. */
function usable(transport: SmsTransport, account: AccountKey, their: string): string[] {
  const { config } = transport;
  const country = /%([a-z]{2})$/.exec(their)?.[1]?.toUpperCase();
  return config.provider.numbers.filter((our) => {
    if (config.owners[our]?.dedicated && !isOwn(transport, account, our)) return false;
    return country === undefined || homeOf(transport, our) === country;
  });
}
