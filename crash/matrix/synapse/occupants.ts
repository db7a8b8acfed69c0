import type { Element } from 'ltx';
import type { Ledger, Numbered } from '../../ledger.ts';
import { numbered } from '../../users.ts';
import type { Read } from './people.ts';
import type { Talk } from './places.ts';

const USER = 'http://jabber.org/protocol/muc#user';

/** What users see in rooms. */
export type Occupants = {
  /** Takes what comes to a user from a room. */
  take(stanza: Element, written: number): void;
  /** Resolves when a user is in a room. */
  entered(user: string, local: string): Promise<void>;
  /** What a user has said, as far as the network has it, and another one in the room has not seen. */
  unseen(landed: readonly Read[]): readonly string[];
  /** Copies of what other users have said, that came after the first. */
  readonly repeats: number;
};

/** `by` is who says it: their own message that comes back is what a receipt is elsewhere. */
export function openOccupants(
  { heard, came, violate }: Pick<Ledger, 'heard' | 'came' | 'violate'>,
  places: () => readonly Talk[],
): Occupants {
  const waiting = new Map<string, (entered: boolean) => void>();
  const seen = new Map<string, { readonly id: string; written: number }>();
  let repeats = 0;

  function take(stanza: Element, written: number): void {
    const { from = '', to = '', id = '', type } = stanza.attrs as Record<string, string>;
    const [user = ''] = to.split('@');
    const local = from.slice(0, from.indexOf('@'));
    if (stanza.name === 'presence') return presence(stanza, `${user} ${local}`);
    if (type === 'error') return heard(id, 'error', written);
    const message = numbered(stanza.getChildText('body') ?? '');
    if (!message) return;
    const [by = ''] = message.lane.split(' ');
    const talk = places().find((one) => one.local === local);
    if (by === user) heard(id, 'receipt', written);
    else if (talk?.users.includes(by)) see(message, { user, id, written });
    else came({ lane: `${message.lane}/${user}`, number: message.number }, id, written);
  }

  function presence(stanza: Element, key: string): void {
    const { type } = stanza.attrs as Record<string, string>;
    const codes = stanza.getChild('x', USER)?.getChildren('status') ?? [];
    const has = (code: string): boolean => codes.some((status) => status.attrs.code === code);
    // At the end of all it says that it stops.
    if ((!has('110') && type !== 'error') || has('332')) return;
    const entered = waiting.get(key);
    waiting.delete(key);
    if (entered) entered(type === undefined);
    else if (type !== undefined) violate(`${key}: out of the room, by ${stanza}`);
  }

  function see(
    { lane, number }: Numbered,
    copy: { readonly user: string; readonly id: string; readonly written: number },
  ): void {
    const key = `${lane} ${number}/${copy.user}`;
    const first = seen.get(key);
    if (first) repeats++;
    if (first && first.id !== copy.id) violate(`${key} came as ${first.id} and as ${copy.id}`);
    if (first?.written === copy.written) violate(`${key} came twice in one connection`);
    seen.set(key, { id: copy.id, written: copy.written });
  }

  return {
    take,
    async entered(user, local) {
      const key = `${user} ${local}`;
      const entered = await new Promise<boolean>((done) => waiting.set(key, done));
      if (!entered) throw new Error(`${key}: they were not let in`);
    },
    unseen: (landed) =>
      landed.flatMap(({ lane, number, room }) => {
        const users = places().find((one) => one.room === room && one.kind === 'room')?.users ?? [];
        const [by = ''] = lane.split(' ');
        const others = users.includes(by) ? users.filter((user) => user !== by) : [];
        const without = others.filter((user) => !seen.has(`${lane} ${number}/${user}`));
        return without.map((user) => `${lane} #${number} is in the room, and ${user} has not seen it`);
      }),
    get repeats() {
      return repeats;
    },
  };
}
