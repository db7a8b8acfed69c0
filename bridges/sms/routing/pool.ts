import { accountOf, homeOf, type Parts } from '#bridges/sms/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

/**
 * The number of ours from which an account writes to somebody: its own, else the one that it wrote from before, else
 * one from which nobody else is in touch with them, else the one with the fewest. Rejects with a `Failure` if there is
 * none for this account.
 */
export async function chooseNumber(parts: Parts, account: AccountKey, their: string): Promise<string> {
  const open = usable(parts, account, their);
  const own = open.find((our) => isOwn(parts, account, our));
  if (own !== undefined) return own;
  const before = await parts.memory.choice(account, their);
  if (before !== undefined && open.includes(before)) return before;
  const counted = await Promise.all(
    open.map(async (our) => {
      const { pairs } = await parts.memory.thread(our, their);
      return { our, others: pairs.filter((one) => one.account !== account).length };
    }),
  );
  const [best] = counted.sort((a, b) => a.others - b.others);
  if (!best) throw new Failure('not-allowed', { text: 'There is no number from which you could write to them.' });
  return best.our;
}

const isOwn = (parts: Parts, account: AccountKey, our: string): boolean => {
  const owner = parts.config.owners[our];
  return owner?.dedicated === true && accountOf(parts, owner.user) === account;
};

/** A number that somebody has alone is nobody else's; a short code is reached from its own country only. */
function usable(parts: Parts, account: AccountKey, their: string): string[] {
  const { config } = parts;
  const country = /%([a-z]{2})$/.exec(their)?.[1]?.toUpperCase();
  return config.provider.numbers.filter((our) => {
    if (config.owners[our]?.dedicated && !isOwn(parts, account, our)) return false;
    return country === undefined || homeOf(parts, our) === country;
  });
}
