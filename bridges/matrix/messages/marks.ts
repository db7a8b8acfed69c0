import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { type Json, listOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';

/** The field by which an event is found again of which it is not known whether it went. */
export const MARK = 'org.isthmus.id';

/** How far back it is looked for: so many pages, of so many events. */
const PAGES = 3;
const PAGE = 100;

/** Whether a gateway has written it: a device that is logged in anew has other transactions. */
export const isWritten = (content: Json): boolean => textOf(content[MARK]) !== undefined;

/** A mark stands beside what is encrypted as well: another device could not read it there. Its own homeserver knows it as the transaction. */
export const markOf = (content: Json): Json => (isWritten(content) ? { [MARK]: content[MARK] } : {});

/** The room in which something may have been sent; `as` where the token may act for several. */
type Within = { readonly room: string; readonly as?: string };

/** The id of the latest event whose transaction fits, if it has come into the room. Rejects where that cannot be looked at. */
export async function findSent(
  server: Homeserver,
  { room, as }: Within,
  fits: (transaction: string) => boolean,
): Promise<string | undefined> {
  const path = ['v3', 'rooms', room, 'messages'];
  let from: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const query = { dir: 'b', limit: PAGE, from };
    const { chunk, end } = await server.call({ method: 'GET', path, query, as });
    const found = listOf(chunk).find((one) => transactionsOf(objectOf(one)).some(fits));
    if (found !== undefined) return textOf(objectOf(found).event_id);
    from = textOf(end);
    if (from === undefined || listOf(chunk).length === 0) return undefined;
  }
  return undefined;
}

/** What an event was sent as: by whatever device, or by this one. */
const transactionsOf = ({ content, unsigned }: Json): readonly string[] =>
  [objectOf(content)[MARK], objectOf(unsigned).transaction_id].flatMap((one) => textOf(one) ?? []);
