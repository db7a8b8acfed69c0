import { degrade } from '#mappings/degrade.ts';
import { choose, type Overrides, operatorChoice } from '#mappings/overrides.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { BridgeDefinition, Session } from '#src/bridge.ts';
import { longText } from '#src/core/media/long-texts.ts';
import type { MediaStore } from '#src/core/media/media.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import type { Log } from '#src/lib/log.ts';
import type { TextLimits } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
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
  readonly log: Log;
  /** Where texts go that are too long for a network. */
  readonly media: MediaStore | undefined;
  readonly said: Pick<Said, 'corrected'>;
};

/** The operator's choices are read once. */
export function openCrossing({ transports, log, media, said }: CrossingParts): Crossing {
  const choices = new Map(
    [...transports].map(([domain, { mapping, overrides }]) => [domain, chosenFor(mapping, overrides)]),
  );

  function cross(draft: Draft, session: Session | undefined, previous?: string) {
    const domain = placeTransport(draft.place);
    const transport = transports.get(domain);
    if (!transport) throw new Failure('item-not-found');
    const narrowed = transport.bridge().narrow?.(draft.place, session);
    const target = outward(transport.mapping, narrowed);
    const long = longText(draft, target.text.pieces, media);
    const pieces = degrade(draft, target, {
      ...choices.get(domain)?.out,
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
      const choice = choices.get(placeTransport(draft.place));
      if (!choice) return [draft];
      try {
        return degrade(draft, choice.inward, choice.in);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        log.warn({ err: error, kind: draft.kind }, 'XMPP does not carry an event');
        return [];
      }
    },
  };
}

/** What the operator's choices come to, made once for a transport. */
const chosenFor = (mapping: BridgeDefinition['mapping'], overrides: Overrides) => {
  const to = inward(mapping);
  return {
    inward: to,
    in: { chosen: choose(to.ladders, operatorChoice(overrides, 'in')) },
    out: { chosen: choose(mapping.policy.out, operatorChoice(overrides, 'out')) },
  };
};
