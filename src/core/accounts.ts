import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';

/** Whom the operator lets in: domains, bare JIDs, or `*` for everybody. */
export type Access = {
  readonly register: readonly string[];
  /** Whom those who are not let in can ask. */
  readonly admins: readonly string[];
};

export type Accounts = {
  permitted(user: BareJid): boolean;
  /** What somebody who is not permitted is told. */
  refusal(): Failure;
  /** The account of an XMPP party at a transport. */
  of(party: Party, transport: string): AccountKey;
};

/** Accounts come into being on the first permitted use. Bare JIDs are matched exactly (SECURITY rule 13). */
export function openAccounts({ register, admins }: Access): Accounts {
  const listed = new Set(register);
  return {
    permitted: (user) => listed.has('*') || listed.has(user) || listed.has(user.slice(user.indexOf('@') + 1)),
    refusal() {
      const [admin] = admins;
      const details =
        admin === undefined ? {} : { text: `You are not on the access list of this gateway. Ask ${admin}.` };
      return new Failure('not-on-list', details);
    },
    of(party, transport) {
      if (party.kind !== 'xmpp') throw new Error('only an XMPP party has an account');
      return accountKey(party.bare, transport);
    },
  };
}
