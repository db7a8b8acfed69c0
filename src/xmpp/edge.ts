import { randomUUID } from 'node:crypto';
import type { Element } from 'ltx';
import { levelIn } from '#mappings/parts.ts';
import { dialogueTexts } from '#mappings/texts/dialogues.ts';
import { messageTexts } from '#mappings/texts/messages.ts';
import type { Core, Marks, Origin, Recipient, Said, Transport, XmppSide } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, bareOf } from '#src/model/ids.ts';
import { type Language, wordsIn } from '#src/model/language.ts';
import { placeTransport } from '#src/model/place.ts';
import { foreignAddress, saidElements, toGateway } from './gateway-chat.ts';
import { MUC } from './muc/decode.ts';
import { FROM_OCCUPANT, openPrivateMessages } from './muc/private-messages.ts';
import { openRefusedLines } from './muc/refused-lines.ts';
import { bounceOf, isGone } from './peers/gone.ts';
import { openHome } from './peers/home.ts';
import { openLosses } from './peers/losses.ts';
import { openPrivileges } from './peers/privileges.ts';
import { rejectedCall } from './peers/rejected-calls.ts';
import { openUploadServices, type UploadServices } from './peers/upload-services.ts';
import { openUserQuestions } from './peers/user-questions.ts';
import { openWrittenElsewhere } from './peers/written-elsewhere.ts';
import { openAnswers } from './stanza/answers.ts';
import { decode, originOf } from './stanza/decode.ts';
import { encode, markedWith } from './stanza/encode.ts';
import { answerable, refusal } from './stanza/errors.ts';
import { jidOf, messageJid, placeJid, speakingJid, splitJid } from './stanza/jid.ts';
import { probedPlace } from './stanza/presence.ts';
import { contactFeatures, route, type Speech } from './stanza/router.ts';
import { asSeenAt, type Facts, type View, viewOf } from './stanza/target.ts';
import { type Xml, xml } from './stanza/xml.ts';
import type { Link } from './stream/link.ts';
import { openTyping } from './typing.ts';
import { capsHash, WISHES } from './xep/caps.ts';
import type { OccupantIds, Sending, Service, Written } from './xep/extension.ts';
import { hintElements } from './xep/hints.ts';
import { looksIn } from './xep/pep.ts';
import { pingElement } from './xep/ping.ts';
import { receivedElement, receivedId } from './xep/receipts.ts';

/** The part of a component link that the edge uses. */
export type Outlet = Pick<Link, 'stanza' | 'fanOut' | 'request' | 'barrier'> & {
  /** How often the link has come online, while it is. */
  epoch(): number | undefined;
};

export type EdgeParts = {
  /** By component domain. */
  readonly transports: ReadonlyMap<string, Transport>;
  /** The links of the transports. */
  readonly links: ReadonlyMap<string, Outlet>;
  /** The core, which is opened after its edge. */
  core(): Core;
  readonly service: Service;
  readonly occupantIds: OccupantIds;
  readonly log: Log;
  /** Milliseconds since 1970. */
  now(): number;
};

/** The XMPP side: stanzas of the links in, events of the core out. */
export type Edge = XmppSide & {
  /** Takes a stanza for one of our domains, on whatever link it came in. Never throws. */
  onStanza(stanza: Element): void;
  /** Takes the start tag of a stanza that was too large to be read. Never throws. */
  onOversize(header: Element): void;
  readonly slot: UploadServices['slot'];
  /** The link of a domain was lost, and with it what the server has said of our rights there. */
  lost(domain: string): void;
};

/** How the edge serves one transport. `marks`: what every event of it is written with. */
type Served = { readonly view: View; readonly link: Outlet; readonly marks: Written };

/** The longest id (UTF-16 units) that a stanza may have: ids are remembered for long. */
const LONGEST_ID = 1024;

/** What is written so many ms after it happened says when that was. Clocks of networks differ by less. */
const LATE = 2 * 60_000;

/** Ties decoding, routing and encoding together. Nothing happens before the first stanza. */
export function openEdge({ transports: given, links, core, service, occupantIds, log, now }: EdgeParts): Edge {
  const transports = new Map<string, Served>();
  const [heard, told] = [openTyping(now), openTyping(now)];
  const speaks: NonNullable<Written['speaks']> = (place) =>
    place.kind === 'shared' ? 'en' : core().languages.of(place.account);
  for (const [domain, link] of links) {
    const transport = given.get(domain);
    if (!transport) continue;
    const nickOf: Facts['nickOf'] = (place, jid) => core().rooms.nickOf(place, jid);
    const occupants: Facts['occupants'] = (place) => core().rooms.occupants(place);
    const addressOf: Facts['addressOf'] = (alias) => core().addressOf(domain, alias);
    const standing: Facts['standing'] = (user, at, address) => core().standing(user, at, address);
    const view = viewOf({ transport, standing, addressOf, nickOf, occupants });
    transports.set(domain, { view, link, marks: { ...asking(transport), occupantIds, speaks } });
  }
  const lost = openLosses({ core, log });
  const privileges = openPrivileges(links);
  const elsewhere = openWrittenElsewhere(privileges, speaks);
  const uploads = openUploadServices({ links, privileges, log, now });
  const privately = openPrivateMessages();
  const refused = openRefusedLines(now);

  /** Whom a stanza is for, and where it comes from and goes to. */
  function receiver(stanza: Element): { readonly transport: Served; readonly origin: Origin } | undefined {
    const { from, to = '' } = stanza.attrs;
    // A server may hand a stanza for any of our domains in on any of our links (ejabberd's `global_routes`).
    const receiving = splitJid(to);
    const transport = transports.get(receiving.domain);
    // In the strings that are remembered: what is looked up by them later is hashed already.
    if (from && transport) return { transport, origin: originOf(stanza, splitJid(from).full, receiving.full) };
    log.warn({ stanza: stanza.name, from, to }, 'dropped a stanza that names no sender, or none of our domains');
    return undefined;
  }

  /** Whether it comes from a transport of this gateway, which is nobody's account. */
  const isOurs = ({ from }: Origin): boolean => transports.has(splitJid(from).domain);

  /** In which language whoever sent a stanza is answered. */
  const answersIn = ({ from, to, language }: Origin): Language =>
    core().languages.of(accountKey(splitJid(from).bare, splitJid(to).domain), language);
  const answers = openAnswers({ core, speaks: answersIn, send, fail });

  /** Says once that it leads nowhere, where something was asked for. The answer to that is silence. */
  function turnAway(origin: Origin, stanza: Element): void {
    const failure = new Failure('not-allowed', { text: dialogueTexts.notNetworks });
    if (asks(origin, stanza)) refuse(origin, failure);
  }

  /** Takes what the server of a user tells of how they look now. */
  function looked(stanza: Element, { from, to }: Origin): boolean {
    const looks = looksIn(stanza);
    if (looks) core().looks(splitJid(to).domain, splitJid(from).bare, looks);
    return looks !== undefined;
  }

  /** Whether it is for what we know of users and servers, and for nobody behind us. */
  const isHeard = (transport: Served, stanza: Element, origin: Origin): boolean =>
    privileges.takes(stanza, origin) ||
    (origin.stanza === 'message' &&
      (elsewhere.takes(origin) || looked(stanza, origin) || answers.takes(stanza, origin, transport)));

  function take(transport: Served, stanza: Element, origin: Origin): void {
    if (stanza.name === 'iq') return answer(transport, stanza, origin);
    if (origin.type === 'error') return bounced(transport, stanza, origin);
    if (isHeard(transport, stanza, origin)) return;
    if (origin.stanza === 'presence' && origin.type === 'probe') {
      const place = probedPlace(stanza, transport.view);
      if (place) core().probed(place, origin.from);
      return;
    }
    confirm(transport, stanza, origin);
    const words = toGateway(stanza, transport.view);
    if (words !== undefined) return converse(transport, words, origin);
    const draft = decode(stanza, transport.view);
    if (!draft || !heard.isNews(draft)) return;
    core().accept(draft, origin);
    privately.wrote(draft, origin, transport.view);
  }

  /** What a person writes to the gateway itself. */
  function converse({ view, link }: Served, text: string, origin: Origin): void {
    const from = splitJid(origin.from);
    // Servers and other gateways write from their domains; answering each other would never end.
    if (from.local === '') return;
    const language = answersIn(origin);
    const head = { from: speakingJid(view.transport.domain), to: origin.from, type: 'chat', lang: langOf(language) };
    const tell = (said: Said): void =>
      void link.stanza(
        'message',
        { ...head, id: randomUUID() },
        ...saidElements(said, view.transport.domain, language),
      );
    const who = { owner: from.full, user: from.bare, language };
    core()
      .chat(view.transport.domain, who, text, { tell, foreign: (word) => foreignAddress(word, view) })
      .catch((error: unknown) => fail(origin, error));
  }

  /** Notes that a message has arrived, where a client says so, whatever its network makes of it. */
  function confirm({ view }: Served, stanza: Element, { stanza: kind, from }: Origin): void {
    const id = kind === 'message' ? receivedId(stanza) : undefined;
    if (id !== undefined) void core().confirmed(view.transport.domain, splitJid(from).bare, id);
  }

  /** An error that came back. */
  function bounced({ view, link }: Served, stanza: Element, origin: Origin): void {
    const { stanza: kind, from, id } = origin;
    const words = kind === 'message' ? elsewhere.refused(stanza) : undefined;
    if (words) return words.forEach((one) => void send(link, one));
    const isLoss = lost(stanza, origin, { view, request: link.request });
    if (kind !== 'message' || !id) return;
    const { bare, resource } = splitJid(from);
    if (isLoss && !privately.has(accountKey(bare, view.transport.domain), id)) return;
    const how = bounceOf(stanza);
    // Of a full address it may be the word of a client, which speaks for nobody else there.
    void core().bounced(view.transport.domain, bare, id, how === 'unreachable' && resource !== '' ? 'again' : how);
  }

  function answer(transport: Served, iq: Element, origin: Origin): void {
    // RFC 6120 §8.2.3: never answered. The link knows those that it waits for.
    if (origin.type === 'result' || origin.type === 'error') return;
    const later: (() => void)[] = [];
    const speech: Speech = { language: answersIn(origin), spoken: false };
    const reply = (payload: Xml | undefined): void => {
      const lang = speech.spoken ? langOf(speech.language) : undefined;
      const head = { from: origin.to, to: origin.from, type: 'result', id: origin.id, lang };
      transport.link.stanza('iq', head, ...(payload ? [payload] : []));
      for (const work of later) work();
    };
    const { view, link } = transport;
    const tell = (from: string, to: string, children: readonly Xml[]): void =>
      void link.stanza('message', { from, to }, ...children);
    const afterwards = (work: () => void): void => void later.push(work);
    const payload = route(iq, { view, core: core(), service, occupantIds, speech, tell, afterwards });
    if (payload instanceof Promise) payload.then(reply).catch((error: unknown) => fail(origin, error));
    else reply(payload);
  }

  /** Answers what was thrown. What is no failure is a bug: it is logged under a number that the sender is told. */
  function fail(origin: Origin, error: unknown): void {
    if (error instanceof Failure) return void refuse(origin, error);
    const id = randomUUID().slice(0, 8);
    log.error({ err: error, id, stanza: origin.stanza, type: origin.type }, 'a stanza could not be handled');
    refuse(origin, new Failure('internal', { text: messageTexts.broke(id) }));
  }

  function refuse(origin: Origin, failure: Failure): boolean {
    if (!answerable(origin)) return true;
    const transport = transports.get(splitJid(origin.to).domain);
    const head = { from: origin.to, to: origin.from, type: 'error', id: origin.id };
    const language = answersIn(origin);
    const told = transport?.link.stanza(origin.stanza, head, ...refusal(origin, failure, language)) ?? false;
    // RFC 6121 §3.1.3: an error leaves the request pending, and servers send it again at each login.
    if (origin.stanza === 'presence' && origin.type === 'subscribe' && !failure.row.retry && !isOurs(origin))
      transport?.link.stanza('presence', { from: origin.to, to: splitJid(origin.from).bare, type: 'unsubscribed' });
    const rejection = rejectedCall(origin, wordsIn(failure.words, language));
    if (rejection) transport?.link.stanza('message', rejection.head, ...rejection.children);
    const notice = transport && refused.notice(origin, failure, transport.view);
    if (notice !== undefined) {
      const room = { from: splitJid(origin.to).bare, to: origin.from, type: 'groupchat', id: randomUUID() };
      const body = xml`<body>${wordsIn(notice, language)}</body>`;
      transport?.link.stanza('message', { ...room, lang: langOf(language) }, body, ...hintElements({ store: false }));
    }
    return told;
  }

  /** Writes an event to readers of one address. */
  function written(transport: Served, event: Event, to: readonly Recipient[], marks: Marks | undefined): boolean {
    try {
      const { addresses } = transport.view.transport;
      const inRoom = privately.of(event, transport.view);
      const known = markedWith(transport.marks, marks, { late: now() - event.at > LATE, occupant: inRoom?.occupant });
      const readers = inRoom ? [{ jid: inRoom.seat }] : to;
      const sendings = elsewhere.sendings(event, addresses) ?? encode(event, readers, addresses, known);
      if (!sendings) log.debug({ kind: event.kind }, 'events of this kind do not cross to XMPP yet');
      let taken = true;
      for (const sending of sendings ?? []) if (!send(transport.link, sending)) taken = false;
      return taken;
    } catch (error) {
      log.error({ err: error, kind: event.kind }, 'an event could not be delivered');
      return true;
    }
  }

  return {
    ...openHome({ privileges, log, transport: (domain) => transports.get(domain) }),
    ...openUserQuestions(links),
    refuse,

    receipt({ from, to, type, id }) {
      const transport = transports.get(splitJid(to).domain);
      if (id === undefined) return true;
      if (!transport) return false;
      const { kind } = transport.view.target(splitJid(to).local);
      // XEP-0184 §7: a receipt has an id of its own, and the type of what it is about.
      const head = { from: messageJid(to, kind), to: from, type, id: `receipt-${id}` };
      return transport.link.stanza('message', head, receivedElement(id), ...(kind === 'room' ? [FROM_OCCUPANT] : []));
    },

    epoch: (domain) => transports.get(domain)?.link.epoch(),
    barrier: (domain) =>
      transports.get(domain)?.link.barrier() ?? Promise.reject(new Error('there is no such transport')),

    onStanza(stanza) {
      const found = receiver(stanza);
      if (!found) return;
      found.transport.view.transport.metrics.received();
      if (isOurs(found.origin)) return turnAway(found.origin, stanza);
      const { 'xml:lang': tag } = stanza.attrs;
      if (tag !== undefined) core().languages.heard(bareOf(found.origin.from), tag);
      try {
        if (isTooLong(found.origin.id) || isTooLong(found.origin.originId)) throw new Failure('bad-request');
        take(found.transport, stanza, found.origin);
      } catch (error) {
        fail(found.origin, error);
      }
    },

    lost: privileges.drop,
    slot: uploads.slot,

    onOversize(header) {
      const found = receiver(header);
      if (!found) return;
      if (isOurs(found.origin)) turnAway(found.origin, header);
      else refuse(found.origin, new Failure('too-large'));
    },

    deliver(event, to, marks) {
      const transport = transports.get(placeTransport(event.place));
      if (!transport || to.length === 0 || !told.isNews(event)) return true;
      privately.changed(event, to, transport.view);
      const { isAlternate } = transport.view.transport.addresses;
      if (!isAlternate || !to.some(({ at }) => at !== undefined)) return written(transport, event, to, marks);
      // Each reads a room by the address by which they came.
      return [...Map.groupBy(to, ({ at }) => at)]
        .map(([at, some]) => written(transport, asSeenAt(event, at), some, marks))
        .every((taken) => taken);
    },

    probe(from, user) {
      const transport = transports.get(placeTransport(from));
      // XEP-0356 §7: it comes by itself.
      if (privileges.shows({ user, transport: placeTransport(from) })) return;
      const head = transport && { from: placeJid(from, transport.view.transport.addresses), to: user, type: 'probe' };
      if (head) transport.link.stanza('presence', head);
    },

    // XEP-0199 §4.2: an error is what a server answers for who is gone, and what a client answers that knows no pings.
    async alive(domain, from, jid) {
      const transport = transports.get(domain);
      if (!transport) return false;
      try {
        const ask = transport.link.request;
        const asking = { from: jidOf(from, domain), to: jid };
        return !(await isGone(await ask({ ...asking, payload: pingElement }), { ...asking, ask }));
      } catch (error) {
        // No answer proves nothing: whoever is gone is found out by the next message.
        log.debug({ err: error, transport: domain }, 'a ping was not answered');
        return true;
      }
    },
  };
}

const isTooLong = (id: string | undefined): boolean => id !== undefined && id.length > LONGEST_ID;

/** RFC 6120 §8.1.5: the language of a stanza is said where it is not what everybody expects. */
const langOf = (language: Language): string | undefined => (language === 'en' ? undefined : language);

/** What goes with all events of a transport: clients are asked for what the network wants to know. */
function asking(transport: Transport): Written {
  const {
    advertised: { contact },
    definition,
    history,
  } = transport;
  const caps = capsHash(contactFeatures(transport));
  const asks = (['receipt', 'marker'] as const).filter((answer) => contact.includes(answer));
  // A network that knows nothing of how its users look has nobody told of it.
  const wishes = levelIn(transport.mapping.facts.out, 'profile') === 'none' ? undefined : capsHash(WISHES, 'gateway');
  return { network: definition.identity.name, caps, wishes, logged: history.record, ...(asks.length > 0 && { asks }) };
}

/** False where one of them was not taken. */
function send(link: Outlet, { name, from, type, id, to, children }: Sending): boolean {
  const only = to[0];
  if (to.length === 1 && only !== undefined) return link.stanza(name, { from, to: only, type, id }, ...children);
  return link.fanOut(name, { from, type, id }, to, ...children) === to.length;
}

/** Whether the sender waits for an answer: to a request, a join, a subscription, or a message to somebody. */
function asks(origin: Origin, stanza: Element): boolean {
  if (origin.stanza === 'iq') return answerable(origin);
  // Barriers of ours come back to the gateway itself, and so does what it has said.
  if (origin.stanza === 'message') return answerable(origin) && splitJid(origin.to).local !== '';
  return origin.type === 'subscribe' || (origin.type === undefined && stanza.getChild('x', MUC) !== undefined);
}
