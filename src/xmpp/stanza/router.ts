import type { Element } from 'ltx';
import type { Advertised } from '#mappings/advertised.ts';
import type { Core, Transport } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Language } from '#src/model/language.ts';
import { elements } from '#src/xmpp/xep/elements.ts';
import type { DiscoNode, OccupantIds, Request, Route, Service, TargetKind } from '#src/xmpp/xep/extension.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { encode } from './encode.ts';
import { splitJid } from './jid.ts';
import { asSeenAt, assertHere, type JidTarget, type View } from './target.ts';
import type { Xml } from './xml.ts';

/** Answers to all requests by `type/namespace name`. */
const routes: ReadonlyMap<string, Route> = new Map(extensions.flatMap(({ iq = {} }) => Object.entries(iq)));

/** Features are asked for often, and follow from what is advertised where they are asked for. */
const known = new WeakMap<Advertised, ReadonlyMap<TargetKind, readonly string[]>>();

const KINDS: readonly TargetKind[] = ['gateway', 'realm', 'room', 'occupant', 'contact'];

/** The features of each kind of target, in the order of the extensions. */
function featuresFor(transport: Transport, advertised: Advertised): ReadonlyMap<TargetKind, readonly string[]> {
  const found = known.get(advertised);
  if (found) return found;
  const here = advertised === transport.advertised ? transport : { ...transport, advertised };
  const all = extensions.map(({ features = {} }) => (typeof features === 'function' ? features(here) : features));
  const made = new Map(KINDS.map((kind) => [kind, all.flatMap((own) => own[kind] ?? [])]));
  known.set(advertised, made);
  return made;
}

/** In which language somebody is answered, and whether anything of the answer is in a language at all. */
export type Speech = { readonly language: Language; spoken: boolean };

/** The features of contacts of a transport, always the same list. */
export const contactFeatures = (transport: Transport): readonly string[] =>
  featuresFor(transport, transport.advertised).get('contact') ?? [];

/** What a transport's requests are answered with. */
export type Surroundings = {
  readonly view: View;
  readonly core: Core;
  readonly service: Service;
  readonly speech: Speech;
  readonly occupantIds?: OccupantIds;
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
  const { view, core, service, occupantIds, speech, tell, afterwards } = surroundings;
  const to = splitJid(iq.attrs.to ?? '');
  const from = splitJid(iq.attrs.from ?? '');
  const target = view.target(to.local);
  const kind = target.kind === 'room' && to.resource !== '' ? 'occupant' : target.kind;
  // A stranger may find out what the gateway is, and nothing that lies behind it.
  if (kind !== 'gateway') core.admit(from.bare);
  if (target.kind === 'room') assertHere(target);
  const request: Request = {
    payload,
    from: from.full,
    user: from.bare,
    kind,
    target,
    resource: to.resource,
    view,
    identity: view.transport.definition.identity,
    core,
    service,
    afterwards,
    speak() {
      speech.spoken = true;
      return speech.language;
    },
    written(event, marks) {
      const seen = target.kind === 'room' ? asSeenAt(event, target.id) : event;
      return encode(seen, [], view.transport.addresses, { ...marks, ...(occupantIds && { occupantIds }) }) ?? [];
    },
    tell: (...children) => tell(to.full, from.full, children),
    features: (of) => featuresFor(view.transport, request.advertised()).get(of) ?? [],
    advertised: () => advertisedAt(target, from.bare, { view, core }),
    forms: () => extensions.flatMap(({ form }) => form?.(request) ?? []),
    node: (name) => firstNode(name, request),
  };
  return request;
}

function firstNode(name: string, request: Request): DiscoNode | undefined {
  for (const { node } of extensions) {
    const found = node?.(name, request);
    if (found) return found;
  }
  return undefined;
}

/** Of a room what is carried there now, by the standing of the asker. All people of a transport have one hash (XEP-0115). */
function advertisedAt(
  target: JidTarget,
  user: BareJid,
  { view, core }: Pick<Surroundings, 'view' | 'core'>,
): Advertised {
  const { transport } = view;
  if (target.kind !== 'room') return transport.advertised;
  return transport.advertise(core.standing(user, transport.domain, target).carried);
}
