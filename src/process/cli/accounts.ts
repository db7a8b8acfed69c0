import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import { withDesk } from './with-desk.ts';

/** `isthmus accounts purge JID`: removes all that a user has here, for the hook of a server that has removed the user. */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, CONFIG, 2);
  const [verb, jid = ''] = positionals;
  if (verb !== 'purge')
    throw new UsageError(verb === undefined ? 'purge JID is missing' : `accounts cannot "${verb}", but purge JID`);
  // RFC 7622 §3.1: who has an account has a local part, and what names a client is no account.
  if (!/^[^@/\s]+@[^@/\s]+$/.test(jid))
    throw new UsageError(`"${jid}" is no address of a user, such as romeo@example.org`);
  return await withDesk(configOf(values), async (desk) => {
    const removed = await desk.call('accounts.purge', { user: jid.toLowerCase() });
    process.stdout.write(`${removed} ${removed === 1 ? 'account' : 'accounts'} removed.\n`);
    return 0;
  });
}
