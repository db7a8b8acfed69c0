import { Element } from 'ltx';
import { checkNames } from '#src/xmpp/stanza/namespaces.ts';
import { FORBIDDEN } from './lexis.ts';
import { malformed, ReaderError } from './reader-error.ts';
import { createTokenizer, type ReaderLimits, type Sink } from './tokenizer.ts';
import { utf8Stream } from './utf8.ts';

export { ReaderError, type StreamCondition } from './reader-error.ts';
export type { ReaderLimits } from './tokenizer.ts';

export const NS_STREAM = 'http://etherx.jabber.org/streams';
export const NS_COMPONENT = 'jabber:component:accept';

/** What a stream consists of. Stanzas have the stream header as parent, so that their namespace is inherited from it. */
export type StreamEvents = {
  /** The stream header. */
  start(header: Element): void;
  /** A message, presence or iq. */
  stanza(stanza: Element): void;
  /** Any other child of the stream: handshake, stream error. */
  nonza(element: Element): void;
  /**
   * A stanza over a limit, once its end has been read. Only its start tag is left: the element has no children, and
   * the attributes that came before the limit.
   */
  oversize(header: Element): void;
  /** `</stream:stream>`; nothing after it is read. */
  end(): void;
};

export type StreamReader = {
  /** Takes the next bytes of the stream, cut anywhere. Throws a `ReaderError` after which nothing more is read. */
  write(bytes: Buffer): void;
  /** Drops whatever is still to come, also what is left of the bytes at hand. */
  stop(): void;
};

export const readerLimits: ReaderLimits = { stanza: 256 * 1024, depth: 64, attributes: 64 };

const STANZAS = new Set(['message', 'presence', 'iq']);
/** Some servers leave the namespace of the stream that a stanza came from. */
const STANZA_NAMESPACES = new Set([undefined, NS_COMPONENT, 'jabber:client', 'jabber:server']);

// Attributes are held by objects without Object.prototype, so that `__proto__` is a name like any other; made by a
// constructor, because V8 keeps what Object.create(null) makes as a slow dictionary.
function Attributes(this: object): void {}
Attributes.prototype = Object.create(null);
const attributes = Attributes as unknown as new () => Record<string, string | undefined>;

function bare(name: string): Element {
  const element = new Element(name);
  element.attrs = new attributes();
  return element;
}

/** RFC 6120 §4.8: the header's namespaces; those of its children follow from it. */
function checkHeader(header: Element): void {
  const right = header.is('stream', NS_STREAM) && header.findNS() === NS_COMPONENT;
  if (!right) throw new ReaderError('invalid-namespace', 'the stream is not one of a component');
}

/**
 * RFC 6120 §4.9.3.11: an open stream has no header in it. Whatever began one would never end, and all that followed
 * would be part of it.
 */
function checkChild(child: Element): void {
  if (child.is('stream', NS_STREAM)) throw new ReaderError('invalid-xml', 'a second stream header');
}

/** Builds elements from tokens and hands over the children of the stream. */
function treeSink(events: StreamEvents): Sink {
  let header: Element | undefined;
  let stanza: Element | undefined;
  /** The innermost open element. */
  let cursor: Element | undefined;
  let prefixed = false;

  function deliver(whole: Element): void {
    stanza = undefined;
    if (STANZAS.has(whole.name) && STANZA_NAMESPACES.has(whole.attrs.xmlns)) events.stanza(whole);
    else events.nonza(whole);
  }

  return {
    open(name) {
      const element = bare(name);
      element.parent = cursor ?? null;
      if (cursor === header && header) stanza = element;
      cursor = element;
      prefixed = name.includes(':');
    },
    attribute(name, value) {
      const values = (cursor as Element).attrs;
      // XML 1.0 §3.1: no attribute name may appear more than once in the same start tag.
      if (values[name] !== undefined) throw malformed('an attribute stands twice');
      values[name] = value;
      prefixed ||= name.includes(':');
    },
    opened() {
      const element = cursor as Element;
      if (prefixed) checkNames(element);
      if (header) {
        if (element === stanza) checkChild(element);
        else element.parent?.children.push(element);
        return;
      }
      checkHeader(element);
      header = element;
      events.start(element);
    },
    closing() {
      if (!cursor) throw malformed('an end tag without a start tag');
      return cursor.name;
    },
    close() {
      const element = cursor as Element;
      cursor = element.parent ?? undefined;
      if (element === stanza) deliver(element);
      else if (element === header) events.end();
    },
    text(text) {
      const { children } = cursor as Element;
      const last = children.length - 1;
      const before = children[last];
      if (typeof before === 'string') children[last] = before + text;
      else children.push(text);
    },
    over() {
      if (stanza) {
        checkChild(stanza);
        stanza.children = [];
      }
      cursor = header;
    },
    skipped() {
      const rest = stanza;
      stanza = undefined;
      if (rest && STANZAS.has(rest.name)) events.oversize(rest);
    },
  };
}

/** An incremental reader of one component stream, for bytes as they come from the socket (SECURITY rule 3). */
export function createReader(events: StreamEvents, limits: ReaderLimits = readerLimits): StreamReader {
  let stopped = false;
  const live: StreamEvents = {
    start: (header) => stopped || events.start(header),
    stanza: (stanza) => stopped || events.stanza(stanza),
    nonza: (element) => stopped || events.nonza(element),
    oversize: (header) => stopped || events.oversize(header),
    end: () => stopped || events.end(),
  };
  const tokens = createTokenizer(treeSink(live), limits);

  const read = utf8Stream((text) => {
    const wrong = text.search(FORBIDDEN);
    tokens(wrong < 0 ? text : text.slice(0, wrong));
    if (wrong >= 0) throw malformed('a character that XML forbids');
  });

  return {
    write(bytes) {
      if (stopped) return;
      try {
        read(bytes);
      } catch (error) {
        stopped = true;
        throw error;
      }
    },
    stop() {
      stopped = true;
    },
  };
}
