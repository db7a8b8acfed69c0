import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { downloadAvatar } from '#bridges/matrix/media/media.ts';
import { sendPicture } from '#bridges/matrix/media/upload.ts';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import { cleanName } from '#mappings/names.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';

export type LooksParts = {
  readonly host: Host;
  readonly account: AccountKey;
  readonly user: string;
  readonly server: Homeserver;
};

/** What is kept of how somebody looks: the user as XMPP knows them, or what the homeserver was told of that. */
type Kept = Pick<EventOf<'profile'>, 'name' | 'avatar'>;

/** The row of the user's own look, and how those begin of what accounts and people there look like. */
const [WANTED, TOLD, AVATAR] = ['looks', 'looks told ', 'avatar '];

/** Names and pictures, from either side to the other; nothing is sent or fetched twice. */
export function openLooks({ host, account, user, server }: LooksParts) {
  const kept = async (key: string): Promise<Kept> => {
    const value = await host.state.get({ account, key });
    return value === undefined ? {} : (objectOf(JSON.parse(value)) as Kept);
  };
  const keep = (key: string, looks: Kept): Promise<unknown> =>
    host.state.write([{ account, key, value: JSON.stringify(looks), seal: true }]);

  const put = (field: 'displayname' | 'avatar_url', value: string): Promise<Json> =>
    server.call({ method: 'PUT', path: ['v3', 'profile', user, field], body: { [field]: value } });

  let following: Promise<unknown> = Promise.resolve();

  /** Makes the account look as its user does on XMPP, where they have chosen that: what they look like when it is its turn. Rejects with a `Failure`. */
  function follow(): Promise<void> {
    const done = following.then(followNow);
    following = done.catch(() => undefined);
    return done;
  }

  async function followNow(): Promise<void> {
    const { account: set } = await host.settings({ kind: 'realm', account, realm: '' }, account);
    if ((set as { profile?: string } | undefined)?.profile !== 'follow') return;
    const wanted = await kept(WANTED);
    let told = await kept(TOLD + user);
    if (wanted.name !== undefined && wanted.name !== told.name) {
      await put('displayname', wanted.name);
      told = { ...told, name: wanted.name };
      await keep(TOLD + user, told);
    }
    if (wanted.avatar === undefined || same(wanted.avatar, told.avatar)) return;
    await put('avatar_url', wanted.avatar === null ? '' : await sendPicture({ host, server }, wanted.avatar));
    await keep(TOLD + user, { ...told, avatar: wanted.avatar });
  }

  /** What is news of the picture of somebody, with what is kept of that. */
  async function picture(who: string, mxc: string): Promise<Pick<Kept, 'avatar'> & { writes: readonly StateWrite[] }> {
    const key = AVATAR + localOf(who);
    const before = (await host.state.get({ account, key })) ?? '';
    if (mxc === before) return { writes: [] };
    const avatar = mxc === '' ? null : await downloadAvatar(server, mxc);
    return avatar === undefined
      ? { writes: [] }
      : { avatar, writes: [{ account, key, value: mxc === '' ? null : mxc }] };
  }

  async function tell(place: Place, who: string, name: string, mxc: string): Promise<void> {
    const { avatar, writes } = await picture(who, mxc);
    if (name === '' && avatar === undefined) return;
    const looks = { ...(name !== '' && { name }), ...(avatar !== undefined && { avatar }) };
    await host.emit([{ place, from: { kind: 'network', id: who }, kind: 'profile', ...looks }], writes);
  }

  return {
    follow,

    /** How the user looks on XMPP is kept: they may choose later that the account follows it. */
    async wear({ name, avatar }: Kept): Promise<void> {
      const before = await kept(WANTED);
      await keep(WANTED, { ...before, ...(name !== undefined && { name }), ...(avatar !== undefined && { avatar }) });
      await follow();
    },

    /** Tells how somebody is called and looks whom the account asks to see. Never rejects: nobody may know. */
    async tellOf(place: Place, who: string): Promise<void> {
      const found = await server.call({ method: 'GET', path: ['v3', 'profile', who] }).catch(() => undefined);
      const name = cleanName(textOf(found?.displayname) ?? '', 128);
      if (found) await tell(place, who, name, textOf(found.avatar_url) ?? '').catch(ignore);
    },

    /** Somebody is called and looks so from now on. */
    tell,
  };

  function ignore(err: unknown): void {
    if (!(err instanceof Failure)) host.log.error({ err }, 'how somebody looks could not be told');
  }
}

export type Looks = ReturnType<typeof openLooks>;

function same(one: Kept['avatar'], other: Kept['avatar']): boolean {
  if (!one || !other) return !one && !other;
  if ('data' in one) return 'data' in other && one.sha1 === other.sha1;
  return !('data' in other) && (one.sha256 ?? one.url) === (other.sha256 ?? other.url);
}
