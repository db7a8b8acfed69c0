import type { AccountKey, BareJid, EventId } from '#src/model/ids.ts';
import type { Affiliation, Role } from '#src/model/party.ts';

/** A link's side, and a setting's scope. */
export type LinkSide = 'xmpp' | 'foreign';
export type Scope = 'account' | 'realm' | 'room' | 'conversation';

/** Where a row of the journal stands, and what became of one that has ended: `parked` is a bounce that is reported. */
export type JournalState = 'ready' | 'flight' | 'taken' | 'parked' | 'done';
export type JournalOutcome = 'delivered' | 'bounced' | 'parked' | 'expired' | 'purged';

type Flag = 0 | 1;

/** The columns of every table, as the newest migration leaves them. */
export type Schema = {
  accounts: {
    key: AccountKey;
    user: BareJid;
    transport: string;
    registered: Flag;
    created: number;
    seen: number;
  };
  credentials: { account: AccountKey; realm: string; name: string; key_id: string; sealed: Uint8Array };
  settings: { account: string; scope: Scope; subject: string; value: string };
  contacts: {
    account: AccountKey;
    id: string;
    name: string | null;
    sub_from: Flag;
    sub_to: Flag;
    pending_in: Flag;
    pending_out: Flag;
    owed: string;
    refused: '' | 'declined' | 'blocked' | 'listed';
  };
  dormant: { account: AccountKey; since: number; has_left: Flag };
  profiles: { account: AccountKey; who: string; name: string | null; photo: string | null };
  occupancy: {
    place: string;
    full_jid: string;
    account: AccountKey;
    nick: string;
    joined: number;
    address: string | null;
  };
  sequences: { name: string; next: number };
  archive: {
    id: number;
    place: string;
    at: number;
    from_id: string;
    from_name: string | null;
    kind: string;
    body: string;
    event: EventId;
    xmpp: string | null;
    foreign_id: string | null;
    about: number | null;
  };
  visibility: { account: AccountKey; place: string; from_id: number; to_id: number | null };
  links: { event: EventId; side: LinkSide; part: number; place: string; id: string; author: string; at: number };
  aliases: { transport: string; alias: string; address: string };
  bridge_state: {
    transport: string;
    account: string;
    key: string;
    value: Uint8Array;
    key_id: string | null;
    expires: number | null;
  };
  buckets: { name: string; tokens: number; at: number };
  /** `size` is 0 once the file is gone. */
  media: { id: string; account: string; name: string; type: string; size: number; expires: number; gone: Flag };
  budgets: { name: string; day: number; spent: number };
  journal: {
    id: number;
    event: EventId;
    lane: string;
    account: string;
    key: string | null;
    body: string;
    origin: string | null;
    state: JournalState;
    attempts: number;
    doubted: Flag;
    told: Flag;
    epoch: number;
    not_before: number;
    expires: number;
    at: number;
    changed: number;
    outcome: JournalOutcome | null;
    charges: string | null;
    trace: string;
  };
  rosters: { place: string; id: string; nick: string; affiliation: Affiliation; role: Role };
  topics: { place: string; text: string; by: string | null };
  sessions: { account: AccountKey; realm: string; nick: string | null };
  purges: { account: AccountKey; since: number };
};
