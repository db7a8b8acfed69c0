import { asSent } from '#mappings/degrade.ts';
import { measure } from '#mappings/split.ts';
import { dialogueTexts, commandTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Bridge, Charge, Preview, Session, Step } from '#src/bridge.ts';
import { type DegradeContext, degrade } from '#src/core/way/degrade.ts';
import { NOTHING } from '#src/core/way/resolve.ts';
import { type RouteContext, route } from '#src/core/way/route.ts';
import type { TextLimits } from '#src/model/capabilities.ts';
import type { Draft, Event, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import { type AccountKey, newEventId, splitAccount } from '#src/model/ids.ts';
import { joined, type Text, type Words } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { BoundCommand } from './talks.ts';

export type PreviewParts = RouteContext & DegradeContext & { now(): number };

const form: Form = {
  title: texts.previewTitle,
  instructions: texts.nothingIsSent,
  fields: [{ name: 'text', label: texts.text, type: 'lines', required: true }],
};

/** What the other side would get of a text: `preview` on contacts and rooms. */
export function previewCommands(parts: PreviewParts): readonly BoundCommand[] {
  async function* run({
    account,
    place,
    bridge,
    session,
  }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, Words, Answer> {
    const { text = [] } = yield { kind: 'form', form, last: true };
    try {
      return await look(parts, messageOf(account, place, text.join('\n')), { account, bridge, session });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return texts.refused(error.words);
    }
  }
  const command = { node: 'preview', who: 'user', title: texts.preview, takes: dialogueTexts.text, run } as const;
  return [
    { ...command, on: 'contact' },
    { ...command, on: 'room' },
  ];
}

const ME = '/me ';

function messageOf(account: AccountKey, place: Place, text: string): Draft & Message {
  // XEP-0245 §2: how every client writes an action.
  const action = text.startsWith(ME) && text.length > ME.length;
  return {
    place,
    from: { kind: 'xmpp', bare: splitAccount(account).user },
    kind: 'message',
    text: action ? text.slice(ME.length) : text,
    style: action ? 'action' : 'plain',
  };
}

type Line = { readonly account: AccountKey; readonly bridge: Bridge; readonly session: Session | undefined };

/** Rejects with the `Failure` that the message would be refused with. */
async function look(parts: PreviewParts, draft: Draft, { account, bridge, session }: Line): Promise<Words> {
  const { now } = parts;
  const leg = route(parts, draft, account);
  const { pieces } = degrade(parts, draft, leg, NOTHING);
  const events = pieces.map((piece): Event => ({ ...piece, id: newEventId(), at: now(), live: true }));
  const seen = await Promise.all(
    events.flatMap((event) =>
      event.kind === 'message' ? seenOf(event, leg.target.text, { account, bridge, session }) : [],
    ),
  );
  const known = events.flatMap((event) => leg.to.transport.charges(event));
  const charges = [...known, ...seen.flatMap((one) => one.charges ?? [])];
  return joined([...shown(seen, leg.target.text), ...senders(seen), ...costs(charges), texts.nothingSent]);
}

/** A message as it would be seen. `carried` is what the limits are about. */
type Seen = Preview & { readonly carried: string };

async function seenOf(event: Event & Message, limits: TextLimits, { bridge, session }: Line): Promise<Seen> {
  const { style } = event;
  const { text } = asSent(event, { text: limits });
  if (!bridge.preview) return { text: style === 'action' ? ME + text : text, carried: event.text };
  const preview = await bridge.preview(event, session);
  return { ...preview, carried: preview.text };
}

function shown(seen: readonly Seen[], limits: TextLimits): Words[] {
  const [only, ...more] = seen;
  if (!only) return [texts.nothingArrives];
  const sized = ({ carried }: Seen): Text => texts[limits.unit](measure(carried, limits.unit), limits.size);
  if (more.length === 0) return [texts.getsThis(sized(only)), only.text];
  return [
    texts.getsSeveral(seen.length),
    ...seen.flatMap((one, index) => [joined([`${index + 1}. `, sized(one), ':'], ''), one.text]),
  ];
}

function senders(seen: readonly Preview[]): Words[] {
  const all = new Set(seen.flatMap(({ from }) => from ?? []));
  return all.size === 0 ? [] : [texts.from([...all].join(', '))];
}

function costs(charges: readonly Charge[]): Words[] {
  const sums = new Map<string, number>();
  for (const { budget, amount } of charges) sums.set(budget, (sums.get(budget) ?? 0) + amount);
  const told = [...sums].map(([budget, amount]) => `${amount} (${budget})`);
  return told.length === 0 ? [] : [texts.cost(told.join(', '))];
}
