import type { Element } from 'ltx';
import type { Identity } from '#src/bridge.ts';
import type { Core } from '#src/core/index.ts';
import { memo } from '#src/lib/memo.ts';
import { Failure } from '#src/model/failure.ts';
import { muc } from '#src/xmpp/muc/disco.ts';
import { invitations } from '#src/xmpp/muc/invite.ts';
import { selfPing } from '#src/xmpp/muc/self-ping.ts';
import { carbons } from '#src/xmpp/xep/carbons.ts';
import { correction } from '#src/xmpp/xep/correction.ts';
import { dataForms } from '#src/xmpp/xep/data-forms.ts';
import { delay } from '#src/xmpp/xep/delay.ts';
import { disco } from '#src/xmpp/xep/disco.ts';
import { elements } from '#src/xmpp/xep/elements.ts';
import { encryption } from '#src/xmpp/xep/encryption.ts';
import type { Extension, Request, Route, TargetKind } from '#src/xmpp/xep/extension.ts';
import { gatewayPrompt } from '#src/xmpp/xep/gateway.ts';
import { hints } from '#src/xmpp/xep/hints.ts';
import { jidEscaping } from '#src/xmpp/xep/jid-escaping.ts';
import { mam } from '#src/xmpp/xep/mam.ts';
import { meCommand } from '#src/xmpp/xep/me-command.ts';
import { nick } from '#src/xmpp/xep/nick.ts';
import { ping } from '#src/xmpp/xep/ping.ts';
import { receipts } from '#src/xmpp/xep/receipts.ts';
import { register } from '#src/xmpp/xep/register.ts';
import { retraction } from '#src/xmpp/xep/retraction.ts';
import { stanzaIds } from '#src/xmpp/xep/stanza-ids.ts';
import { vcard } from '#src/xmpp/xep/vcard.ts';
import { softwareVersion } from '#src/xmpp/xep/version.ts';
import { splitJid } from './jid.ts';
import { assertHere, type View } from './target.ts';
import type { Xml } from './xml.ts';

/** All that this edge implements. Requests are routed, and features advertised, from this list and from nothing else. */
export const extensions: readonly Extension[] = [
  disco,
  muc,
  invitations,
  softwareVersion,
  vcard,
  jidEscaping,
  ping,
  delay,
  meCommand,
  nick,
  carbons,
  hints,
  stanzaIds,
  encryption,
  receipts,
  selfPing,
  mam,
  register,
  gatewayPrompt,
  dataForms,
  correction,
  retraction,
];

/** Answers to all requests by `type/namespace name`. */
const routes: ReadonlyMap<string, Route> = new Map(extensions.flatMap(({ routes: own = {} }) => Object.entries(own)));

const KINDS: readonly TargetKind[] = ['gateway', 'realm', 'room', 'occupant', 'contact'];

/** The features of each kind of target, without those of extensions that a transport has no use for. */
function featuresWithout(...absent: readonly Extension[]): ReadonlyMap<TargetKind, readonly string[]> {
  const present = extensions.filter((one) => !absent.includes(one));
  return new Map(KINDS.map((kind) => [kind, present.flatMap(({ features }) => features?.[kind] ?? [])]));
}

/** What a transport has no use for is not advertised there. */
const featuresOf = memo(16, (has: string) =>
  featuresWithout(
    ...(has.includes('rooms') ? [] : [mam, muc, invitations]),
    ...(has.includes('archive') ? [] : [mam]),
    ...(has.includes('forms') ? [] : [dataForms]),
  ),
);

const featuresFor = ({ rooms, archive, forms }: View): ReadonlyMap<TargetKind, readonly string[]> =>
  featuresOf(`${rooms === 'none' ? '' : 'rooms'} ${archive ? 'archive' : ''} ${forms ? 'forms' : ''}`);

/** What the network's table makes something of, with people and in rooms. */
function carriedBy({ carried }: View, kind: TargetKind): readonly string[] {
  if (kind === 'room') return carried?.room ?? [];
  return kind === 'contact' || kind === 'occupant' ? (carried?.contact ?? []) : [];
}

/** What a transport's requests are answered with. */
export type Surroundings = {
  readonly view: View;
  readonly identity: Identity;
  readonly core: Core;
  readonly version: string;
  /** Sends a message from one of our JIDs to the asker. */
  tell(from: string, to: string, children: readonly Xml[]): void;
  afterwards(work: () => void): void;
};

/**
 * The payload of the result of an IQ of type get or set, if it has one. Throws a `Failure`, or rejects with one, for
 * an error.
 */
export function route(iq: Element, surroundings: Surroundings): Xml | undefined | Promise<Xml | undefined> {
  const { type, id } = iq.attrs;
  const payloads = elements(iq);
  const [payload] = payloads;
  // RFC 6120 §8.2.3: an id, a known type and exactly one payload.
  if (!id || (type !== 'get' && type !== 'set') || !payload || payloads.length > 1) throw new Failure('bad-request');
  const request = requestOf(iq, payload, surroundings);
  const answer = routes.get(`${type}/${payload.getNS()} ${payload.getName()}`);
  // RFC 6120 §8.4: what is not understood.
  if (!answer) throw new Failure('service-unavailable');
  return answer(request);
}

function requestOf(iq: Element, payload: Element, surroundings: Surroundings): Request {
  const { view, identity, core, version, tell, afterwards } = surroundings;
  const to = splitJid(iq.attrs.to ?? '');
  const from = splitJid(iq.attrs.from ?? '');
  const target = view.target(to.local);
  const kind = target.kind === 'room' && to.resource !== '' ? 'occupant' : target.kind;
  // A stranger may find out what the gateway is, and nothing that lies behind it.
  if (kind !== 'gateway' && !core.permitted(from.bare)) throw core.refusal();
  if (target.kind === 'room') assertHere(target);
  const features = featuresFor(view);
  return {
    payload,
    from: from.full,
    user: from.bare,
    kind,
    target,
    resource: to.resource,
    view,
    identity,
    core,
    version,
    afterwards,
    tell: (...children) => tell(to.full, from.full, children),
    features: (of) => [...(features.get(of) ?? []), ...carriedBy(view, of)],
  };
}
