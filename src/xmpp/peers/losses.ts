import type { Element } from 'ltx';
import type { Core, Origin } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { unreachable as unavailable } from '#src/xmpp/stanza/presence.ts';
import { type Envelope, roomPlace, type View } from '#src/xmpp/stanza/target.ts';
import { bounceOf, isGone, type LossQuestion, wordOf } from './gone.ts';

type LossParts = { core(): Pick<Core, 'accept' | 'gone' | 'permitted' | 'rooms' | 'unheard'>; readonly log: Log };
type Through = { readonly view: View; readonly request: LossQuestion };

/** A full JID that may be gone: who asks it, whether it matters, and what follows if it is so. */
type Loss = { readonly from: string; readonly to: string; readonly matters: boolean; follow(): void };

/** Full JIDs that are gone, as errors in messages and presence say (XEP-0045 §17.1, RFC 6121 §4.6). */
export function openLosses({ core, log }: LossParts) {
  /** A busy room has many errors from one who is gone, and asks once. */
  const asked = new Set<string>();

  function lossOf(origin: Origin, envelope: Envelope, unreachable: boolean): Loss | undefined {
    const { from, to, view } = envelope;
    const sender = from.full;
    if (from.resource === '') {
      const place = unreachable && origin.stanza === 'presence' ? unavailable(envelope)?.place : undefined;
      if (place && core().permitted(from.bare)) core().unheard(place, from.bare);
      return undefined;
    }
    const target = view.target(to.local);
    if (target.kind === 'room') {
      const place = roomPlace(view, target, from.bare);
      const matters = view.nickOf(place, sender) !== undefined;
      const lost = { unreachable, seat: core().rooms.seat(place, sender) };
      const follow = (): void => core().gone(view.transport.domain, sender, place, lost);
      return { from: to.bare, to: sender, matters, follow };
    }
    const draft = origin.stanza === 'presence' ? unavailable(envelope) : undefined;
    if (!draft) return undefined;
    // Not in the name of the contact, which alone may be blocked.
    const matters = core().permitted(from.bare);
    return { from: view.transport.domain, to: sender, matters, follow: () => core().accept(draft, origin) };
  }

  async function ask(error: Element, { from, to, follow }: Loss, request: LossQuestion): Promise<void> {
    const key = `${from}\0${to}`;
    if (asked.has(key)) return;
    asked.add(key);
    try {
      if (await isGone(error, { from, to, ask: request })) follow();
    } catch (err) {
      // No answer proves nothing.
      log.debug({ err }, 'nobody said whether a full JID is gone');
    } finally {
      asked.delete(key);
    }
  }

  /** Takes an error that came back; false if it is no sign of a loss. */
  return function heard(error: Element, origin: Origin, { view, request }: Through): boolean {
    const word = wordOf(error);
    const envelope = { from: splitJid(origin.from), to: splitJid(origin.to), view };
    const loss = word && lossOf(origin, envelope, bounceOf(error) === 'unreachable');
    if (!loss) return false;
    if (word === 'gone') loss.follow();
    else if (loss.matters) void ask(error, loss, request);
    return true;
  };
}
