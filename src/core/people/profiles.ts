import { shownName } from '#mappings/names.ts';
import { levelIn } from '#mappings/parts.ts';
import type { XmppSide } from '#src/core/index.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { type PictureSource, pictureOf } from '#src/core/media/pictures.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import type { RouteContext } from '#src/core/way/route.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Picture } from '#src/model/avatar.ts';
import type { DraftOf } from '#src/model/capabilities.ts';
import type { EventBody } from '#src/model/event.ts';
import { type AccountKey, newEventId, splitAccount } from '#src/model/ids.ts';
import type { KnownProfile, Store } from '#src/store/index.ts';
import { carried } from './carried.ts';

export type ProfileParts = RouteContext & {
  readonly store: Pick<Store, 'profiles' | 'unit'>;
  readonly sessions: Pick<Sessions, 'realms' | 'get'>;
  readonly xmpp: Pick<XmppSide, 'card'>;
  readonly delivery: Pick<Delivery, 'tell'>;
  now(): number;
  readonly lent: PictureSource;
  readonly log: Log;
  transport(domain: string): Transport;
};

type ProfileBody = Extract<EventBody, { kind: 'profile' }>;
/** A profile as clients can be told of it. */
export type ToldProfile = Pick<ProfileBody, 'kind' | 'name'> & { readonly avatar?: Picture | null };

/** What people are called and how they look. Pictures are known by their hashes, so that none is sent twice. */
export type Profiles = {
  /** Resolves once what is known of the account's contacts is in memory. */
  load(account: AccountKey): Promise<void>;
  forget(account: AccountKey): void;
  /** What is known of a contact, as their presence says it. */
  of(account: AccountKey, id: string): { readonly name?: string; readonly photo?: string };
  /** The network tells of a contact. Resolves with what of it is news, once that is durable. */
  learn(account: AccountKey, id: string, profile: ProfileBody): Promise<ToldProfile | undefined>;
  /** A picture that was told lately. */
  picture(sha1: string): Picture | undefined;
  /** The user shows that they have a picture of this hash, or another name: networks hear of it that carry it. */
  noticed(account: AccountKey, now: { readonly photo?: string; readonly name?: string }): Promise<void>;
  /** Tells networks what they were not told yet. */
  report(account: AccountKey): Promise<void>;
};

/** Pictures that are kept for clients that have just heard of them. */
const PICTURES = 32;

/** How a user looks. `given`: the hash of the picture that their server has for that, which may be another. */
type OwnLooks = { readonly photo?: string; readonly name?: string; readonly given?: string };
type Known = Map<string, KnownProfile>;
const UNKNOWN: KnownProfile = { name: null, photo: null };
/** No address of a contact begins so. */
const realmKey = (realm: string): string => `>${realm}`;

export function openProfiles(parts: ProfileParts): Profiles {
  const { store, sessions, xmpp, delivery, log } = parts;
  const known = new Map<AccountKey, Known>();
  const pictures = openRecent<Picture>(PICTURES);
  /** How users look now, as far as they have shown it since the start. */
  const own = new Map<AccountKey, OwnLooks>();
  /** Of whom networks are being told, and whether there is more by now. */
  const reporting = new Map<AccountKey, boolean>();

  const profileOf = (account: AccountKey, who: string): KnownProfile => known.get(account)?.get(who) ?? UNKNOWN;

  async function load(account: AccountKey): Promise<Known> {
    const found = known.get(account);
    if (found) return found;
    const rows = await store.profiles.of(account);
    const loaded: Known = new Map(rows.map(({ who, name, photo }) => [who, { name, photo }]));
    known.set(account, loaded);
    return loaded;
  }

  async function note(account: AccountKey, who: string, profile: KnownProfile): Promise<void> {
    (await load(account)).set(who, profile);
    await store.unit([store.profiles.put(account, who, profile)]);
  }

  const carries = (account: AccountKey): boolean =>
    levelIn(parts.transport(splitAccount(account).transport).mapping.facts.out, 'profile') !== 'none';

  /** One network is told what differs from what it was told. */
  async function tell(account: AccountKey, realm: string, told: KnownProfile): Promise<void> {
    const { user, transport } = splitAccount(account);
    const now = own.get(account);
    const card = await xmpp.card(transport, user, now?.photo);
    // They look otherwise by now, which is told for itself, or are nobody here any more; or the network is not there to be told.
    if (!now || own.get(account) !== now || !sessions.get({ account, realm })) return;
    const name = now.name ?? (card.name && shownName(card.name));
    const photo = card.picture?.sha1 ?? '';
    own.set(account, { ...now, given: photo });
    const draft: DraftOf<'profile'> = {
      place: { kind: 'realm', account, realm },
      from: { kind: 'xmpp', bare: user },
      kind: 'profile',
      ...(name !== undefined && name !== told.name && { name }),
      ...(photo !== (told.photo ?? '') && { avatar: card.picture ?? null }),
    };
    if (draft.name !== undefined || draft.avatar !== undefined)
      for (const piece of carried(parts, draft, account))
        delivery.tell({ ...piece, id: newEventId(), at: parts.now(), live: true }, account);
    await note(account, realmKey(realm), { name: name ?? told.name, photo });
  }

  /** Whoever changes again while their server is asked is asked about once more afterwards. */
  async function report(account: AccountKey): Promise<void> {
    if (reporting.has(account)) return void reporting.set(account, true);
    try {
      do {
        reporting.set(account, false);
        await reportNow(account);
      } while (reporting.get(account));
    } finally {
      reporting.delete(account);
    }
  }

  async function reportNow(account: AccountKey): Promise<void> {
    const now = own.get(account);
    if (!now || !carries(account) || sessions.realms(account).length === 0) return;
    await load(account);
    if (!own.has(account)) return void known.delete(account);
    for (const realm of sessions.realms(account)) {
      const told = profileOf(account, realmKey(realm));
      const photo = now.given ?? now.photo;
      const isTold =
        (photo === undefined || photo === told.photo) && (now.name === undefined || now.name === told.name);
      if (isTold || !sessions.get({ account, realm })) continue;
      await tell(account, realm, told).catch((err: unknown) => log.warn({ err }, 'a profile could not be told'));
    }
  }

  return {
    load: async (account) => void (await load(account)),
    forget(account) {
      known.delete(account);
      own.delete(account);
    },
    of(account, id) {
      const { name, photo } = profileOf(account, id);
      return { ...(name !== null && { name }), ...(photo !== null && { photo }) };
    },
    async learn(account, id, { kind, name, avatar }) {
      const before = (await load(account)).get(id) ?? UNKNOWN;
      const picture = avatar && (await pictureOf(avatar, parts.lent));
      if (picture) pictures.set(picture.sha1, picture);
      // One that is too large for XMPP is none.
      const photo = avatar === undefined ? before.photo : (picture?.sha1 ?? '');
      const after = { name: name === undefined ? before.name : shownName(name), photo };
      if (after.name === before.name && after.photo === before.photo) return undefined;
      await note(account, id, after);
      return {
        kind,
        ...(after.name !== before.name && after.name !== null && { name: after.name }),
        ...(photo !== before.photo && { avatar: picture ?? null }),
      };
    },
    picture: pictures.get,
    async noticed(account, now) {
      const before = own.get(account);
      const { photo = before?.photo, name = before?.name } = now;
      const after = { ...(photo !== undefined && { photo }), ...(name !== undefined && { name: shownName(name) }) };
      if (before && before.photo === after.photo && before.name === after.name) return;
      own.set(account, after);
      await report(account);
    },
    report,
  };
}
