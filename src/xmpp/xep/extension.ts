import type { Element } from 'ltx';
import type { Advertised } from '#mappings/advertised.ts';
import type { Identity } from '#src/bridge.ts';
import type { Core, Marks, Origin, Recipient, Transport } from '#src/core/index.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Feature } from '#src/model/capabilities.ts';
import type { Draft, Event, EventBody, EventKind, EventOf, Hints } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Language } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { Envelope, JidTarget, View } from '#src/xmpp/stanza/target.ts';
import type { TextChange } from '#src/xmpp/stanza/text-changes.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';

/** What a JID of ours may be, as discovery tells them apart. */
export type TargetKind = JidTarget['kind'] | 'occupant';

/** A request to one of our JIDs (RFC 6120 §8.2.3), and what it is answered with. */
export type Request = {
  readonly payload: Element;
  /** The asker's full JID, and its bare form. */
  readonly from: string;
  readonly user: BareJid;
  readonly kind: TargetKind;
  readonly target: JidTarget;
  /** The resource that was written to: an occupant's nick. */
  readonly resource: string;
  readonly view: View;
  readonly identity: Identity;
  readonly core: Core;
  readonly service: Service;
  /** The asker's language, for an answer that is said in it (RFC 6120 §8.1.5). */
  speak(): Language;
  /** Sends the asker a message from the JID that was asked, before the answer. */
  tell(...children: readonly Xml[]): void;
  /** Runs the work once the result has been written; not at all where the answer is an error. */
  afterwards(work: () => void): void;
  /** What an event is on the wire. */
  written(event: Event, marks: Marks): readonly Sending[];
  /** The features of a kind of target, derived from the list of extensions. */
  features(kind: TargetKind): readonly string[];
  /** What is advertised there. */
  advertised(): Advertised;
  /** What the extensions have to say of what was asked, each in a form (XEP-0128). */
  forms(): readonly Xml[];
  /** What an extension has under the node at what was asked. */
  node(name: string): DiscoNode | undefined;
};

/** What the gateway is, and what its operator says of it. */
export type Service = {
  readonly version: string;
  /** Where people reach those who run it, as URIs by what for (XEP-0157 §3). */
  readonly contacts: Readonly<Record<string, readonly string[]>>;
  /** Where outages are told (XEP-0455), and the terms of use, as URLs. */
  readonly outages: readonly string[];
  readonly terms: string | undefined;
  /** How long, in milliseconds, what was delivered is known, and files are kept. */
  readonly keeps: { readonly messages: number; readonly files: number };
};

/** What discovery says of a node (XEP-0030 §3.2, §4.2): its identity, features, and the nodes below it at the same JID. */
export type DiscoNode = {
  readonly identity?: { readonly type: 'command-list' | 'command-node'; readonly name: string };
  readonly features: readonly string[];
  readonly items?: readonly { readonly node: string; readonly name: string }[];
};

/** Answers a request with the payload of the result, if it has one. Throws a `Failure` for an error. */
export type Route = (request: Request) => Xml | undefined | Promise<Xml | undefined>;

/** What a message says, while it is read. The place of its conversation is the reader's to change. */
export type Reading = EventBody & { readonly place?: Place; readonly hints?: Hints };

/** What a reader of messages knows beside its own element. */
export type ReadContext = Envelope & {
  readonly stanza: Element;
  readonly target: JidTarget;
  /** The body as it came. */
  readonly body: string;
  /** What is to be taken out of the body or put into it, by the positions in what came. */
  readonly changes: TextChange[];
  /** The namespaces whose elements were understood, so that what stands for them in the body is not needed. */
  readonly understood: string[];
};

/** Reads one child of a message into what the others have made of it. Throws a `Failure` for what is refused. */
export type Reader = (child: Element, reading: Reading, context: ReadContext) => Reading;

/** One stanza and all who get it: it is serialised once, and only the address changes. */
export type Sending = {
  readonly name: 'message' | 'presence';
  readonly from: string;
  readonly to: readonly string[];
  readonly type?: string;
  readonly id?: string;
  readonly children: readonly Xml[];
};

/**
 * What goes with an event. `late`: it happened some time before it is written, and says when. `asks`: which answers of
 * the reader its network carries. `network`: what that is called. `occupant`: the JID of who says it in private in a room.
 * `logged`: rooms are archived.
 */
export type Written = Known<Marks> & {
  readonly late?: boolean | undefined;
  readonly asks?: readonly string[] | undefined;
  readonly speaks?: ((place: Place) => Language) | undefined;
  readonly network?: string | undefined;
  readonly occupant?: string | undefined;
  readonly occupantIds?: OccupantIds | undefined;
  readonly logged?: boolean | undefined;
  /** The hashes of what contacts there can (XEP-0115), and of what the gateway wants to be told of users. */
  readonly caps?: string | undefined;
  readonly wishes?: string | undefined;
};

type Known<Some> = { readonly [Field in keyof Some]?: Some[Field] | undefined };

/** What somebody in a room is known by to who cannot tell from it who that is (XEP-0421 §4.1). */
export type OccupantIds = (room: string, by: string) => string;

/** What a writer knows beside its event. */
export type WriteContext = {
  /** The bare JID of the event's place, and whether that is a room. */
  readonly place: string;
  readonly inRoom: boolean;
  readonly marks: Written;
  readonly addresses: Addresses;
  /** Characters of the body before the event's own text: of words that stand for elements. */
  readonly before?: number;
};

/** Words in the body that stand for an element (XEP-0428): for whom the namespace `of` says nothing. */
export type Fallback = { readonly of: string; readonly text: string; readonly at: 'start' | 'end' };

/** A function for some kinds of events. */
type ByKind<Context, Result> = {
  readonly [K in EventKind]?: (event: EventOf<K>, context: Context) => Result | undefined;
};

export type WholeContext = WriteContext & { readonly to: readonly Recipient[] };

/** What an answer to a message is made with. `language`: its reader's. */
export type Answering = { readonly view: View; readonly core: Core; readonly language: Language };

/** Answers a message that has the element `child`. */
export type StanzaAnswer = (
  child: Element,
  stanza: Element,
  answering: Answering,
) => readonly Sending[] | Promise<readonly Sending[]> | undefined;

/** Features by the kind of target that has them. */
export type Features = Readonly<Partial<Record<TargetKind, readonly string[]>>>;

/** What it is called, and the version that was read. `part`: what is implemented of it, where that is not all that concerns a gateway. */
export type Specification = {
  readonly number: string;
  readonly title: string;
  readonly version: string;
  readonly part?: string;
};

/**
 * One specification: what it is called, what it advertises where, what it reads in messages and presence and writes of
 * events, and the requests that it answers. Elements are named by namespace, space, name; `xep/index.ts` has the order.
 */
export type Extension = {
  readonly xep: Specification;
  /** What it advertises; as a function, by what the transport has and its network's table makes something of. */
  readonly features?: Features | ((transport: Transport) => Features);
  /** Why a message is refused before anything else in it is looked at: by the names of its children, and by its text. */
  readonly refuses?: Readonly<Record<string, (child: Element, body: string | undefined) => Failure | undefined>>;
  refusesText?(body: string): Failure | undefined;
  /** The children of messages; a name without a namespace is of the message's own. */
  readonly reads?: Readonly<Record<string, Reader>>;
  /** Looks at the text that has been read, without what stood for elements. */
  readText?(reading: Reading): Reading;
  /** What an answer or a reflection needs of a message. */
  readonly origin?: Readonly<Record<string, (child: Element, stanza: Element) => Partial<Origin>>>;
  /** What a presence means; nothing where it is none of the extension's. Throws a `Failure` for what is refused. */
  presence?(stanza: Element, envelope: Envelope): Draft | undefined;
  /** The words of an event that are its body. */
  readonly says?: ByKind<WriteContext, string>;
  /** The elements in the message of an event. */
  readonly writes?: ByKind<WriteContext, readonly Xml[]>;
  /** What stands for an element in the body. */
  readonly fallbacks?: ByKind<WriteContext, Fallback>;
  /** The elements in the message of any event. */
  accompanies?(event: Event, context: WriteContext): readonly Xml[] | undefined;
  /** All stanzas of an event, instead of one message; `undefined` where it is a message all the same. */
  readonly sends?: ByKind<WholeContext, readonly Sending[]>;
  /** Requests by `get/` or `set/`, and the payload. */
  readonly iq?: Readonly<Record<string, Route>>;
  /** What discovery says of a target beside its features, in a form (XEP-0128). */
  form?(request: Request): Xml | undefined;
  /** What a message with such an element is answered with that goes no further; nothing where it goes on. Throws a `Failure`. */
  readonly answers?: Readonly<Record<string, StanzaAnswer>>;
  /** A node of a target; nothing where it is none of the extension's. Throws a `Failure` for who may not see it. */
  node?(name: string, request: Request): DiscoNode | undefined;
};

/** The features of something that a network's table makes something of, with people and in rooms. */
export function carriedIn(
  { advertised: { contact, room } }: Transport,
  feature: Feature,
  ...names: readonly string[]
): Features {
  const person = contact.includes(feature) ? names : [];
  return { contact: person, occupant: person, room: room.includes(feature) ? names : [] };
}

/** What the reader calls the message that an event is about: in rooms the archive's id (XEP-0359 §4), where there is one. */
export const aboutId = ({ target }: { readonly target: string }, { inRoom, marks }: WriteContext): string =>
  (inRoom ? marks.about?.stanzaId : undefined) ?? target;

/** Whether nothing was said yet: what comes alone has a meaning of its own. */
export const isBlank = (reading: Reading): boolean =>
  reading.kind === 'message' && reading.text === '' && !reading.files && !reading.form && !reading.subject;

/** In which language words of ours are that stand for something; English where others than one account read them. */
export const languageIn = (place: Place, { speaks }: Written): Language => speaks?.(place) ?? 'en';
