import { z } from 'zod';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { settingsOf } from '#bridges/email/transport.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { isListed } from './senders.ts';

/** Senders by their address, or by their domain and what is below it. */
export type SenderLists = { readonly allow: readonly string[]; readonly block: readonly string[] };

/** What one user may list. */
const MOST = 500;

const listsSchema = z.object({ allow: z.array(z.string()).default([]), block: z.array(z.string()).default([]) });
const NONE: SenderLists = { allow: [], block: [] };
const KEY = 'senders';

type Parts = Pick<EmailTransport, 'host' | 'config'>;

/** The lists of an account. */
export async function listsOf({ host }: Pick<Parts, 'host'>, account: AccountKey): Promise<SenderLists> {
  const text = await host.state.get({ account, key: KEY });
  return text === undefined ? NONE : listsSchema.parse(JSON.parse(text));
}

/** Puts a sender on one list of an account, off the other; or off both. False where there is no room. */
export async function list(
  { host }: Pick<Parts, 'host'>,
  account: AccountKey,
  sender: string,
  on: 'allow' | 'block' | 'neither',
): Promise<boolean> {
  const { allow, block } = await listsOf({ host }, account);
  const without = (all: readonly string[]) => all.filter((one) => one !== sender);
  const next = { allow: without(allow), block: without(block) };
  if (on !== 'neither') next[on].push(sender);
  if (next.allow.length + next.block.length > MOST) return false;
  await host.state.put({ account, key: KEY }, JSON.stringify(next), { seal: true });
  return true;
}

/**
 * What the operator and the user say of a sender: never heard, or heard though they refuse strangers, or as strangers are heard. The
 * user's word on an address is nearer than the operator's on whom they let in, and nobody lets in whom the operator blocks.
 */
export async function wishFor(
  { host, config }: Parts,
  account: AccountKey,
  from: string,
): Promise<'blocked' | 'allowed' | 'accept' | 'refuse'> {
  if (isListed(config.block, from)) return 'blocked';
  const [{ allow, block }, { strangers }] = await Promise.all([
    listsOf({ host }, account),
    settingsOf({ host }, account),
  ]);
  if (block.includes(from)) return 'blocked';
  if (allow.includes(from)) return 'allowed';
  if (isListed(block, from)) return 'blocked';
  if (isListed(allow, from) || isListed(config.allow, from)) return 'allowed';
  return strangers === 'usual' ? config.strangers : strangers;
}
