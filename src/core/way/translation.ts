import { degrade } from '#mappings/degrade.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { Session } from '#src/bridge.ts';
import type { Choices } from '#src/core/accounts/choices.ts';
import { longText } from '#src/core/media/long-texts.ts';
import type { MediaStore } from '#src/core/media/media.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import type { Log } from '#src/lib/log.ts';
import type { TextLimits } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Said } from './recent-texts.ts';

/** What becomes of events on their way to the other side, by the tables and by what people have chosen. */
export type Crossing = {
  /**
   * The pieces that the network carries of a draft; a promise where a text is put up first. Throws a `Failure` for
   * what it refuses, and rejects with one.
   */
  outward(draft: Draft, session: Session | undefined): readonly Draft[] | Promise<readonly Draft[]>;
  /** The same without consequences, and how the texts are measured there: a link in a piece leads nowhere yet. */
  preview(draft: Draft, session: Session | undefined): { readonly pieces: readonly Draft[]; readonly text: TextLimits };
  /** What XMPP carries of a draft of a network. Nobody there can be told of a refusal, so the log hears it. */
  inward(draft: Draft): readonly Draft[];
};

type CrossingParts = {
  readonly transports: ReadonlyMap<string, CoreTransport>;
  readonly choices: Pick<Choices, 'at'>;
  readonly log: Log;
  /** Where texts go that are too long for a network. */
  readonly media: MediaStore | undefined;
  readonly said: Pick<Said, 'corrected'>;
};

/** The tables are read once. */
export function openCrossing({ transports, choices, log, media, said }: CrossingParts): Crossing {
  const targets = new Map([...transports].map(([domain, { mapping }]) => [domain, inward(mapping)]));

  function cross(draft: Draft, session: Session | undefined, previous?: string) {
    const domain = placeTransport(draft.place);
    const transport = transports.get(domain);
    if (!transport) throw new Failure('item-not-found');
    const narrowed = transport.bridge().narrow?.(draft.place, session);
    const target = outward(transport.mapping, narrowed);
    const long = longText(draft, target.text.pieces, media);
    const pieces = degrade(draft, target, {
      chosen: choices.at('out', draft.place, accountAt(draft, domain)),
      ...(long && { whole: long.whole }),
      ...(previous !== undefined && { previous }),
    });
    return { pieces, long, text: target.text };
  }

  return {
    outward(draft, session) {
      const { pieces, long } = cross(draft, session, said.corrected(draft));
      return long ? long.settled(pieces) : pieces;
    },
    preview(draft, session) {
      const { pieces, text } = cross(draft, session);
      return { pieces, text };
    },
    inward(draft) {
      const { place } = draft;
      const target = targets.get(placeTransport(place));
      if (!target) return [draft];
      try {
        // What comes to a room that all share is carried once for everybody in it.
        return degrade(draft, target, {
          chosen: choices.at('in', place, place.kind === 'shared' ? undefined : place.account),
        });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        log.warn({ err: error, kind: draft.kind }, 'XMPP does not carry an event');
        return [];
      }
    },
  };
}

const accountAt = ({ from }: Draft, domain: string): AccountKey | undefined =>
  from.kind === 'xmpp' ? accountKey(from.bare, domain) : undefined;
