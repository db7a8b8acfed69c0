import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { isEncrypted } from '#bridges/matrix/rooms/encryption.ts';
import type { Invitation } from '#bridges/matrix/rooms/invitations.ts';
import { joinRoom, leaveRoom } from '#bridges/matrix/rooms/membership.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import type { Directs } from './directs.ts';
import type { Ghosts } from './ghosts.ts';

type Parts = { readonly server: Homeserver; readonly ghosts: Ghosts; readonly directs: Directs; readonly most: number };

/** A ghost comes to talk alone, but not where it could read nothing, nor into ever more rooms of one person. */
export const entersDirect =
  ({ server, ghosts, directs, most }: Parts) =>
  async ({ account, room, user }: Invitation): Promise<void> => {
    const as = await ghosts.ready(account);
    if (!directs.in(room) && directs.count(account, user) >= most)
      return leaveRoom(server, as, room, wordsIn(texts.manyDirects, 'en'));
    await joinRoom(server, { user: as, room, as }, [serverOf(user)]);
    if (await isEncrypted(server, room, as)) await leaveRoom(server, as, room, wordsIn(texts.declined, 'en'));
    else await directs.put({ room, account, user });
  };
