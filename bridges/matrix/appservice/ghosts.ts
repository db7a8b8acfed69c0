import type { MatrixConfig } from '#bridges/matrix/config.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { sendPicture } from '#bridges/matrix/media/upload.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { bareOfGhost, ghostId, isGhostId, nameOf } from '#bridges/matrix/wire/ids.ts';
import { fitsGlob } from '#bridges/matrix/wire/policy.ts';
import { cleanName } from '#mappings/names.ts';
import type { Host } from '#src/bridge.ts';
import type { Avatar } from '#src/model/avatar.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';

/** How an account looks. */
type Looks = { readonly name?: string | undefined; readonly avatar?: Avatar | null | undefined };

/** The users of the homeserver in whose names accounts act there. */
export type Ghosts = {
  /** The id of an account's ghost, whether or not there is one yet. */
  idOf(account: AccountKey): string;
  /** Whose ghost a user is; nothing for who is none, and for the gateway's own user. */
  accountOf(user: string): AccountKey | undefined;
  /** Whether a user is one of ours: a ghost, or the gateway's own. */
  isOurs(user: string): boolean;
  /** Whether a user is a ghost of another bridge to XMPP, as the operator says. */
  isOfOthers(user: string): boolean;
  /** Whether a user is no occupant for XMPP: the gateway's own, a ghost of another bridge, or of ours with nobody behind it. */
  isHidden(user: string): boolean;
  /** Why somebody of XMPP is nobody on Matrix to write to; nothing for people of Matrix. */
  refusal(user: string): Failure | undefined;
  readonly bot: string;
  /** Sees to it that the account has a ghost, of that name if it is a new one, by a homeserver that may be given up. Resolves with its id. */
  ready(account: AccountKey, name?: string, by?: Homeserver): Promise<string>;
  /** The ghost looks so from now on. What it looks like already is not sent again. */
  look(account: AccountKey, looks: Looks): Promise<void>;
  /** The account is gone: its ghost is called nothing any more. */
  forget(account: AccountKey): Promise<void>;
};

type GhostParts = { readonly host: Host; readonly config: MatrixConfig; readonly server: Homeserver };

/** What the homeserver was told of a ghost: name and the hash of the picture. */
type Told = { readonly name: string; readonly photo: string };

const KEY = 'ghost';
const HASHED = 'hashed ';

/** Ghosts are made when something is to be done in their name. */
export async function openGhosts({ host, config, server }: GhostParts): Promise<Ghosts> {
  const { prefix, bot: botName } = config.appservice;
  const { name: serverName } = config.homeserver;
  const bot = `@${botName}:${serverName}`;
  const making = new Map<AccountKey, Promise<string>>();
  const hashed = new Map<string, AccountKey>();
  for (const { key, value } of await host.state.list({ prefix: HASHED }))
    hashed.set(key.slice(HASHED.length), value as AccountKey);

  const idOf = (account: AccountKey): string => ghostId(splitAccount(account).user, prefix, serverName);

  async function told(account: AccountKey): Promise<Told | undefined> {
    const value = await host.state.get({ account, key: KEY });
    return value === undefined ? undefined : (JSON.parse(value) as Told);
  }

  const write = (account: AccountKey, what: Told): Promise<void> =>
    host.state.put({ account, key: KEY }, JSON.stringify(what));

  const nameFor = (name: string): string => config.ghost_name.replaceAll('{name}', cleanName(name, 200));

  async function register(account: AccountKey, name: string | undefined, by: Homeserver): Promise<string> {
    const id = idOf(account);
    if (await told(account)) return id;
    await registerUser(by, nameOf(id));
    const { user } = splitAccount(account);
    if (bareOfGhost(id, prefix, serverName) === undefined) {
      await host.state.put({ key: HASHED + id }, account);
      hashed.set(id, account);
    }
    const called = nameFor(name ?? user.slice(0, user.indexOf('@')));
    await setName(id, called, by);
    await write(account, { name: called, photo: '' });
    return id;
  }

  const setName = (id: string, displayname: string, by = server): Promise<unknown> =>
    by.call({ method: 'PUT', path: ['v3', 'profile', id, 'displayname'], body: { displayname }, as: id });

  function ready(account: AccountKey, name?: string, by = server): Promise<string> {
    const known = making.get(account);
    // Whoever makes it may give up sooner.
    if (known) return known.catch(() => ready(account, name, by));
    const made = register(account, name, by);
    making.set(account, made);
    made.catch(() => making.delete(account));
    return made;
  }

  async function look(account: AccountKey, { name, avatar }: Looks): Promise<void> {
    const id = await ready(account, name);
    let known = (await told(account)) ?? { name: '', photo: '' };
    const called = name === undefined || name === '' ? known.name : nameFor(name);
    if (called !== known.name) {
      await setName(id, called);
      known = { ...known, name: called };
      await write(account, known);
    }
    const photo = photoOf(avatar);
    if (avatar === undefined || photo === known.photo) return;
    await server.call({
      method: 'PUT',
      path: ['v3', 'profile', id, 'avatar_url'],
      body: { avatar_url: avatar === null ? '' : await sendPicture({ host, server, as: id }, avatar) },
      as: id,
    });
    await write(account, { ...known, photo });
  }

  function accountOf(user: string): AccountKey | undefined {
    if (user === bot || !isGhostId(user, prefix, serverName)) return undefined;
    const bare = bareOfGhost(user, prefix, serverName);
    return bare === undefined ? hashed.get(user) : accountKey(bare as BareJid, host.transport);
  }

  const isOurs = (user: string): boolean => user === bot || isGhostId(user, prefix, serverName);
  const isOfOthers = (user: string): boolean => config.other_bridges.some((glob) => fitsGlob(glob, user));

  return {
    ...{ idOf, accountOf, isOurs, isOfOthers },
    isHidden: (user) => (isOurs(user) && accountOf(user) === undefined) || isOfOthers(user),
    refusal(user) {
      if (isOfOthers(user)) return new Failure('gone', { text: texts.otherBridge });
      if (!isOurs(user)) return undefined;
      const account = accountOf(user);
      if (account === undefined) return new Failure('item-not-found');
      return new Failure('gone', { text: texts.ownUser(splitAccount(account).user) });
    },
    bot,
    ready,
    look,
    async forget(account) {
      const id = idOf(account);
      making.delete(account);
      if (!(await told(account))) return;
      await setName(id, '');
      await server.call({ method: 'PUT', path: ['v3', 'profile', id, 'avatar_url'], body: { avatar_url: '' }, as: id });
      hashed.delete(id);
      await host.state.delete({ key: HASHED + id });
    },
  };
}

/** Makes a user of the application service, without a device: homeservers with a MAS refuse any other way. */
export async function registerUser(server: Homeserver, username: string): Promise<void> {
  try {
    await server.call({
      method: 'POST',
      path: ['v3', 'register'],
      body: { type: 'm.login.application_service', username, inhibit_login: true },
      repeatable: true,
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.foreign !== 'M_USER_IN_USE') throw error;
  }
}

const photoOf = (avatar: Avatar | null | undefined): string => {
  if (!avatar) return '';
  return 'data' in avatar ? avatar.sha1 : (avatar.sha256 ?? avatar.url);
};
