import { z } from 'zod';
import type { ReactionForm } from '#bridges/email/out/compose.ts';
import type { ParsedMail } from '#bridges/email/wire/mail.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { MailState } from './state.ts';

const DAY = 86_400_000;
/** How long it is remembered, and how often it is written that it still holds. */
const SHOWN_TIME = 400 * DAY;
const AGAIN = 30 * DAY;
/** Peers that are remembered at once; of who is not among them nothing is known. */
const MOST = 20_000;

const shownSchema = z.object({
  account: z.string(),
  their: z.string(),
  at: z.number(),
  /** Delta Chat (`Chat-Version`), which corrects and takes back. */
  chat: z.boolean().default(false),
  /** It has reacted, and in which form. */
  reacts: z.enum(['standard', 'gmail']).exactOptional(),
});

/** What the program of a peer understands, as far as it has shown. */
export type ShownPeer = { readonly chat: boolean; readonly reacts?: ReactionForm };

/** What programs of peers have shown to understand, in memory: who is written to is answered at once. */
export type ShownPeers = {
  of(account: AccountKey, their: string): ShownPeer;
  /** Takes in a mail of a sender who is who they say. What it returns is to be written with it. */
  learn(account: AccountKey, their: string, mail: Pick<ParsedMail, 'chat' | 'reaction' | 'reactsAs'>): StateWrite[];
  /** Removes all of an account. */
  forget(account: AccountKey): Promise<void>;
};

const NOTHING: ShownPeer = { chat: false };

/** Opens it with what was learnt before. */
export async function openShownPeers(
  { state: kept, clock }: Pick<Host, 'state' | 'clock'>,
  state: Pick<MailState, 'mac'>,
): Promise<ShownPeers> {
  const known = openRecent<z.infer<typeof shownSchema>>(MOST);
  const prefixOf = (account: AccountKey): string => `shown/${state.mac('shown', account)}/`;
  const keyOf = (account: AccountKey, their: string): string => `${account} ${their}`;
  for (const { value } of await kept.list({ prefix: 'shown/' })) {
    const found = shownSchema.safeParse(JSON.parse(value));
    if (found.success) known.set(keyOf(found.data.account as AccountKey, found.data.their), found.data);
  }
  return {
    of: (account, their) => known.get(keyOf(account, their)) ?? NOTHING,
    learn(account, their, { chat, reaction, reactsAs }) {
      if (!chat && !reaction) return [];
      const before = known.get(keyOf(account, their));
      const reacts = reactsAs ?? before?.reacts ?? (chat ? 'standard' : undefined);
      const now = {
        ...{ account, their, at: clock.now(), chat: chat !== undefined || before?.chat === true },
        ...(reacts && { reacts }),
      };
      const same = before?.chat === now.chat && before.reacts === now.reacts;
      if (same && now.at - before.at < AGAIN) return [];
      known.set(keyOf(account, their), now);
      const key = `${prefixOf(account)}${state.mac('shown', their)}`;
      return [{ key, value: JSON.stringify(now), seal: true, expires: now.at + SHOWN_TIME }];
    },
    async forget(account) {
      for (const { key, value } of await kept.list({ prefix: prefixOf(account) })) {
        const found = shownSchema.parse(JSON.parse(value));
        known.set(keyOf(account, found.their), { account, their: found.their, at: 0, chat: false });
        await kept.delete({ key });
      }
    },
  };
}
