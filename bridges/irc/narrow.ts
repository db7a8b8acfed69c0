import { irc as mapping } from '#mappings/irc.ts';
import { carriedWith, withoutCapabilities } from '#mappings/irc-capabilities.ts';
import type { Capabilities, Levels } from '#src/model/capabilities.ts';
import type { Place } from '#src/model/place.ts';
import type { Channel } from './channels/channel.ts';
import type { ConnectionState } from './connection/connection-state.ts';
import { textSize } from './wire/encode.ts';
import { deniesTag } from './wire/isupport.ts';
import { type Multiline, multilineOf } from './wire/multiline.ts';

/** What somebody writes to the server is a line as it stands: its signs mean what they mean there, it is cut by nobody, and refused when it is too long. */
const LINES = { ...mapping.facts.text, format: 'styling', size: 64 * 1024 } as const;

const TO_SERVER: Capabilities = { ...mapping.facts, out: withoutCapabilities, text: LINES };
const UNCONNECTED: Capabilities = { ...mapping.facts, out: withoutCapabilities };

/** Contacts and invitations are between people. */
const inRooms = (out: Levels): Levels => ({ ...out, contact: 'none', invite: 'none' });

/** Several lines are one message there: as many lines as servers take for a line each are not too long. */
const wholeTexts = ({ bytes }: Multiline): Pick<Capabilities['text'], 'lines' | 'size' | 'pieces'> => ({
  lines: true,
  size: bytes,
  pieces: Math.max(Math.floor((mapping.facts.text.pieces * mapping.facts.text.size) / bytes), 1),
});

/** What a server carries, numbered: each message asks, and most servers are alike. */
type Carried = {
  readonly number: number;
  readonly multiline: Multiline | undefined;
  readonly toPerson: Levels;
  readonly toRoom: Levels;
};
type Server = { readonly view: ConnectionState; readonly room: Channel | undefined; readonly to: string };

/** What is carried to a server, a channel or a person there. */
export function openNarrowing() {
  const servers = new Map<string, Carried>();
  const byCapabilities = new WeakMap<ReadonlyMap<string, string>, Map<string, Carried>>();
  const narrowed = new Map<number, Capabilities>();

  function carriedTo({ caps, isupport }: ConnectionState): Carried {
    const known = byCapabilities.get(caps)?.get(isupport.clienttagdeny);
    if (known) return known;
    const found = fresh(
      carriedWith(caps, (tag) => deniesTag(isupport, tag)),
      multilineOf(caps),
    );
    byCapabilities.set(caps, (byCapabilities.get(caps) ?? new Map()).set(isupport.clienttagdeny, found));
    return found;
  }

  function fresh(out: Levels, multiline: Multiline | undefined): Carried {
    const key = JSON.stringify([out, multiline]);
    const found = servers.get(key) ?? { number: servers.size, multiline, toPerson: out, toRoom: inRooms(out) };
    servers.set(key, found);
    return found;
  }

  return {
    toServer: TO_SERVER,
    unconnected: UNCONNECTED,
    to(place: Place, { view, room, to }: Server): Capabilities {
      const carried = carriedTo(view);
      // Some servers refuse a line with any code where `c` is set, others take the codes away.
      const plain = room?.modes.set.has('c') ?? false;
      const [confined, toOne] = [room?.secret ?? false, place.kind === 'contact'];
      const size = textSize(to, view);
      const key = ((carried.number * 1024 + size) * 2 + Number(plain)) * 4 + Number(confined) * 2 + Number(toOne);
      const known = narrowed.get(key);
      if (known) return known;
      const made: Capabilities = {
        ...mapping.facts,
        ...(confined && { confined }),
        out: toOne ? carried.toPerson : carried.toRoom,
        text: {
          ...mapping.facts.text,
          ...(plain && { format: 'plain' as const }),
          ...(carried.multiline ? wholeTexts(carried.multiline) : { size }),
        },
      };
      narrowed.set(key, made);
      return made;
    },
  };
}
