import { z } from 'zod';
import type { Settings, SettingsSchemas } from '#src/bridge.ts';
import type { Core, SettingsScope as Scope, SettingsChange } from '#src/core/index.ts';
import type { Digests } from '#src/core/people/digests.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { Sealed } from '#src/model/sealed.ts';
import type { SealKey, SettingsOf, Store } from '#src/store/index.ts';
import type { Accounts } from './accounts.ts';
import type { Choices } from './choices.ts';
import type { Languages } from './languages.ts';
import { type HoldsInRoom, inRoomBy, type OwnDefaults, ownSettings } from './own-settings.ts';
import { changesOf, fieldOf, type Setting, settingsOf, type Values } from './settings-form.ts';

export type SettingsParts = {
  readonly store: Pick<Store, 'settings' | 'credentials' | 'accounts' | 'unit'>;
  readonly key: SealKey;
  readonly now: () => number;
  schemas(transport: string): SettingsSchemas;
  realm(place: Place): string;
  /** What holds there for whoever has set nothing. */
  defaults(transport: string): OwnDefaults;
  /** Whether one of the core's own settings means anything on the transport's network. */
  means?(transport: string, setting: string, scope: Scope): boolean;
  /** What accounts may choose of the table of their transport is among their settings. */
  readonly choices: Pick<Choices, 'settings' | 'took' | 'forget'>;
  readonly languages: Pick<Languages, 'took' | 'forget'>;
  readonly digests: Pick<Digests, 'took' | 'forget'>;
};

/** What the settings tell. */
export type SettingsNews = {
  /** What an account has set has changed, and holds once this resolves. Never throws. */
  changed(account: AccountKey, place?: Place): void | Promise<void>;
  /** It stays connected from now on, or no longer. */
  staysConnected(account: AccountKey, on: boolean): void;
  /** What holds for it in its rooms, or in one of them, is something else now. */
  inRooms(account: AccountKey, place?: Place): void;
};

/** What of some settings was stored, what had been set before, and what did not fit. */
export type Adopted = {
  readonly stored: readonly string[];
  readonly known: readonly string[];
  readonly unfit: readonly string[];
};

export type OpenSettings = {
  /** What holds at a place: the room's own values, else the realm's, else the account's, else the defaults. In a shared room for `account`. */
  of(place: Place, account?: AccountKey): Promise<Settings>;
  staysConnected(account: AccountKey): Promise<boolean>;
  /** What an account has set for itself in a room. */
  inRoom(place: Place, account: AccountKey): Promise<HoldsInRoom>;
  /** Whether anything can be set there. */
  has(transport: string, scope: Scope): boolean;
  /** What somebody can set at a place, with what holds now; secrets are blank. In a shared room for `account`. */
  form(place: Place, scope: Scope, account?: AccountKey): Promise<Form>;
  /** Stores what the answer contains. Rejects with `Failure('not-acceptable')` naming the field, and stores nothing. */
  change(change: SettingsChange & { readonly account?: AccountKey }): Promise<void>;
  /** Stores what of the answer fits and is not set yet, as `change` does. Resolves with the names, and with why others were not. */
  adopt(change: SettingsChange & { readonly account: AccountKey }): Promise<Adopted>;
  listen(news: SettingsNews): void;
  /** Drops what is remembered of an account that was removed. */
  forget(account: AccountKey): void;
};

/** Things about which values are remembered; the oldest is forgotten first (SECURITY rule 11). */
const MOST = 5000;
const NOTHING: Promise<Values> = Promise.resolve({});
const SCOPES = ['account', 'realm', 'room'] as const;

/** The settings of everybody, rendered from the definitions of the bridges and kept in the store. */
export function openSettings(parts: SettingsParts): OpenSettings {
  const { store, key } = parts;
  const listeners: SettingsNews[] = [];
  const known = new Map<string, Promise<Values>>();
  const lanes = openLanes((error) => {
    throw error;
  });
  const rendered = new Map<string, Readonly<Record<Scope | 'shared', readonly Setting[]>>>();

  function schemasOf(transport: string): Readonly<Record<Scope | 'shared', readonly Setting[]>> {
    const found = rendered.get(transport);
    if (found) return found;
    const { account, realm, room } = parts.schemas(transport);
    const own = ownSettings(parts.defaults(transport));
    const meant = (schema: z.ZodType, scope: Scope) =>
      settingsOf(schema).filter(({ name }) => parts.means?.(transport, name, scope) ?? true);
    const all = {
      account: [...meant(own.account, 'account'), ...settingsOf(account), ...parts.choices.settings(transport)],
      realm: settingsOf(realm),
      room: settingsOf(room),
      shared: [...meant(own.room, 'room'), ...settingsOf(room)],
    };
    rendered.set(transport, all);
    return all;
  }

  /** What can be set in a scope at a place: rooms that accounts share have more. */
  const settable = (place: Place, scope: Scope): readonly Setting[] =>
    schemasOf(placeTransport(place))[scope === 'room' && place.kind === 'shared' ? 'shared' : scope];

  /** What is stored about one thing, in plain. Promises are kept, so that a slow read cannot outlive a change. */
  function stored(of: SettingsOf, settings: readonly Setting[]): Promise<Values> {
    const name = nameOf(of);
    const found = known.get(name);
    if (found) return found;
    const reading = read(of, settings);
    const [oldest] = known.keys();
    if (known.size >= MOST && oldest !== undefined) known.delete(oldest);
    known.set(name, reading);
    reading.then(
      // Most have chosen nothing, and share that.
      (values) => known.get(name) === reading && Object.keys(values).length === 0 && known.set(name, NOTHING),
      () => known.delete(name),
    );
    return reading;
  }

  async function read(of: SettingsOf, settings: readonly Setting[]): Promise<Values> {
    const values = (await store.settings.get(of)) ?? {};
    const sealed = settings.filter((setting) => setting.sealed);
    if (sealed.length === 0) return values;
    const secrets = await store.credentials.get(key, of.account as AccountKey, vault(of));
    const opened = sealed.flatMap(({ name, kind }) => {
      const text = secrets.get(name)?.open();
      return text === undefined ? [] : [[name, kind === 'lines' ? text.split('\n').filter(Boolean) : text] as const];
    });
    return { ...values, ...Object.fromEntries(opened) };
  }

  /** What is stored for a place, from the account down to its own. */
  async function layers(place: Place, account?: AccountKey): Promise<Readonly<Record<Scope, Values>>> {
    const at = SCOPES.map(async (scope) => {
      const of = subject(seen(place, account), scope, parts.realm);
      return [scope, await (of ? stored(of, settable(place, scope)) : NOTHING)] as const;
    });
    return Object.fromEntries(await Promise.all(at)) as Record<Scope, Values>;
  }

  async function write(of: SettingsOf, settings: readonly Setting[], changes: Values): Promise<void> {
    const old = (await store.settings.get(of)) ?? {};
    const names = new Set(settings.filter((setting) => setting.sealed).map(({ name }) => name));
    const entries = Object.entries(changes);
    const plain = Object.fromEntries(entries.filter(([name]) => !names.has(name)));
    const sealed = entries.filter(([name]) => names.has(name));
    await store.unit([
      // Accounts are made by their first use.
      store.accounts.used(of.account as AccountKey, parts.now()),
      // JSON leaves out what was taken back.
      store.settings.put(of, { ...old, ...plain }),
      ...sealed.map(([name, value]) =>
        store.credentials.put(
          key,
          { account: of.account as AccountKey, realm: vault(of), name },
          new Sealed([value].flat().join('\n')),
        ),
      ),
    ]);
    known.delete(nameOf(of));
  }

  async function staysConnected(account: AccountKey): Promise<boolean> {
    const { transport } = splitAccount(account);
    const own = ownSettings(parts.defaults(transport)).account;
    const of = { account, scope: 'account', subject: '' } as const;
    return yielded(own, await stored(of, schemasOf(transport).account)).stay_connected === true;
  }

  /** What of an account's choices concerns more than its own next question. */
  async function tellChoices(account: AccountKey, place: Place | undefined, changed: readonly string[]): Promise<void> {
    if (changed.includes('persistent') || changed.includes('record_history'))
      for (const news of listeners) news.inRooms(account, place);
    if (place || !changed.includes('stay_connected')) return;
    const on = await staysConnected(account);
    for (const news of listeners) news.staysConnected(account, on);
  }

  return {
    listen: (news) => void listeners.push(news),
    staysConnected,
    inRoom: async (place, account) => inRoomBy(await layers(place, account), parts.defaults(placeTransport(place))),
    async of(place, account) {
      const { account: own, realm, room } = parts.schemas(placeTransport(place));
      const at = await layers(place, account);
      return {
        ...(own && { account: yielded(own, at.account) }),
        ...(realm && { realm: yielded(realm, at.account, at.realm) }),
        ...(room && { room: yielded(room, at.account, at.realm, at.room) }),
      };
    },
    has: (transport, scope) => schemasOf(transport)[scope === 'room' ? 'shared' : scope].length > 0,
    async form(place, scope, account) {
      const settings = settable(place, scope);
      if (settings.length === 0) throw new Failure('not-supported');
      const at = await layers(place, account);
      const values = merged(SCOPES.slice(0, SCOPES.indexOf(scope) + 1).map((one) => at[one]));
      return { fields: settings.map((setting) => fieldOf(setting, fitting(setting, values[setting.name]))) };
    },
    async change({ place, scope, answer, account: by }) {
      const settings = settable(place, scope);
      const of = subject(seen(place, by), scope, parts.realm);
      if (!of || settings.length === 0) throw new Failure('not-allowed');
      const changes = changesOf(settings, answer);
      await lanes.within(nameOf(of), () => write(of, settings, changes));
      const account = of.account as AccountKey;
      if (scope === 'account') {
        parts.choices.took(account, changes);
        parts.languages.took(account, changes);
        parts.digests.took(account, changes);
      }
      for (const news of listeners) await news.changed(account, scope === 'account' ? undefined : place);
      await tellChoices(account, scope === 'account' ? undefined : place, Object.keys(changes));
    },
    async adopt({ place, scope, answer, account }) {
      const settings = settable(place, scope);
      const of = subject({ place, account }, scope, parts.realm);
      if (!of) throw new Failure('not-allowed');
      const before = await stored(of, settings);
      const fits = (name: string): boolean => settings.some((one) => one.name === name && isFit(one, answer));
      const names = Object.keys(answer);
      const [known, unfit] = [names.filter((name) => name in before), names.filter((name) => !fits(name))];
      const fresh = names.filter((name) => fits(name) && !known.includes(name));
      const changes = changesOf(settings, Object.fromEntries(fresh.map((name) => [name, answer[name] ?? []])));
      if (fresh.length > 0) await write(of, settings, changes);
      return { stored: fresh, known, unfit };
    },
    forget(account) {
      parts.choices.forget(account);
      parts.languages.forget(account);
      parts.digests.forget(account);
      for (const name of known.keys()) if (name.startsWith(`${account}\n`)) known.delete(name);
    },
  };
}

type OwnSettingsParts = {
  readonly settings: OpenSettings;
  readonly accounts: Accounts;
};

/** Settings for whoever may set them: people what is theirs, in a room that all share, too. */
export function openOwnSettings({ settings, accounts }: OwnSettingsParts): Core['settings'] {
  const whose = (place: Place, user: BareJid): { account?: AccountKey } =>
    place.kind === 'shared' ? { account: accountKey(user, place.transport) } : {};

  return {
    async form(place, scope, user) {
      accounts.admit(user, place);
      return settings.form(place, scope, whose(place, user).account);
    },
    async change(change, user) {
      accounts.admit(user, change.place);
      await settings.change({ ...change, ...whose(change.place, user) });
    },
  };
}

const nameOf = ({ account, scope, subject: what }: SettingsOf): string => `${account}\n${scope}\n${what}`;

/** The realm of the credentials in which the secrets among settings are kept: no realm has a line break in its name. */
const vault = ({ scope, subject: what }: SettingsOf): string => `settings\n${scope}\n${what}`;

/** Whether a realm of credentials holds such secrets. */
export const isVault = (realm: string): boolean => realm.startsWith('settings\n');

/** A place as an account sees it; a shared room belongs to nobody. */
type Seen = { readonly place: Place; readonly account?: AccountKey | undefined };

const seen = (place: Place, account?: AccountKey): Seen =>
  place.kind === 'shared' ? { place, account } : { place, account: place.account };

/** What a scope is about at a place. */
function subject({ place, account }: Seen, scope: Scope, realm: (place: Place) => string): SettingsOf | undefined {
  if (account === undefined) return undefined;
  const room =
    place.kind === 'shared' ? `${place.transport} ${place.id}` : place.kind === 'room' ? place.id : undefined;
  if (scope === 'account') return { account, scope, subject: '' };
  if (scope === 'realm') return { account, scope, subject: realm(place) };
  return room === undefined ? undefined : { account, scope, subject: room };
}

function isFit(setting: Setting, answer: Answer): boolean {
  try {
    changesOf([setting], answer);
    return true;
  } catch {
    return false;
  }
}

const merged = (layers: readonly Values[]): Values => Object.assign(Object.create(null), ...layers);

/** A stored value, unless the schema has changed since and no longer takes it: then the default holds. */
const fitting = ({ schema }: { schema: z.ZodType }, value: unknown): unknown =>
  value !== undefined && schema.safeParse(value).success ? value : undefined;

/** What a schema makes of the values of its own names, the later layers over the earlier. */
function yielded(schema: z.ZodType, ...layers: readonly Values[]): Readonly<Record<string, unknown>> {
  const values = merged(layers);
  const shape = schema instanceof z.ZodObject ? (schema.shape as Readonly<Record<string, z.ZodType>>) : {};
  const own = Object.entries(shape).flatMap(([name, field]) => {
    const value = fitting({ schema: field }, values[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return schema.parse(Object.fromEntries(own)) as Readonly<Record<string, unknown>>;
}
