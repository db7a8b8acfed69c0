import { malformed, ReaderError } from './reader-error.ts';

/** Where in the text a skip begins or stands. */
export type SkipPlace = 'text' | 'tag' | 'end tag' | 'value' | 'cdata';

/**
 * Reads past the rest of a stanza that is over a limit, keeping nothing of it: only where markup begins and ends is
 * looked at, and how deep the elements are. A name that is closed by another name goes unnoticed here.
 */
export type Skipper = {
  /** `open`: how many elements are open, the stanza being the first; one whose start tag is unfinished does not count. */
  begin(place: SkipPlace, open: number, quote: string): void;
  /** Goes on from `from`; returns how far the text was taken. What is left must come again with what follows it. */
  run(text: string, from: number): number;
  /** Whether the stanza's end has been reached. */
  readonly done: boolean;
};

const CDATA = '<![CDATA[';
const [QUOTE, APOSTROPHE, SLASH, LESS, GREATER] = [0x22, 0x27, 0x2f, 0x3c, 0x3e];

export function createSkipper(): Skipper {
  let place: SkipPlace = 'text';
  let depth = 0;
  let delimiter = '"';
  let done = true;
  /** Set when there is nothing more to do with the text at hand. */
  let starved = false;

  function wait(at: number): number {
    starved = true;
    return at;
  }

  function markup(text: string, at: number): number {
    const next = text[at + 1];
    if (next === undefined) return wait(at);
    if (next === '/') place = 'end tag';
    else if (next === '?') throw new ReaderError('restricted-xml', 'a processing instruction');
    else if (next !== '!') place = 'tag';
    else if (text.startsWith(CDATA, at)) place = 'cdata';
    else if (text.length - at < CDATA.length && CDATA.startsWith(text.slice(at))) return wait(at);
    else throw new ReaderError('restricted-xml', 'a comment or a document type');
    return at + (place === 'cdata' ? CDATA.length : place === 'tag' ? 1 : 2);
  }

  function tagEnd(text: string, at: number): number {
    if (text.charCodeAt(at - 1) !== SLASH) depth++;
    place = 'text';
    done = depth === 0;
    return at + 1;
  }

  const steps: Readonly<Record<SkipPlace, (text: string, from: number) => number>> = {
    text(text, from) {
      const at = text.indexOf('<', from);
      return at < 0 ? wait(text.length) : markup(text, at);
    },
    tag(text, from) {
      for (let at = from; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code === GREATER) return tagEnd(text, at);
        if (code === LESS) throw malformed('"<" within a tag');
        if (code !== QUOTE && code !== APOSTROPHE) continue;
        place = 'value';
        delimiter = text.charAt(at);
        return at + 1;
      }
      // A slash is kept: whether it ends an empty element is known with the next character.
      return wait(text.length - (text.length > from && text.endsWith('/') ? 1 : 0));
    },
    value(text, from) {
      const end = text.indexOf(delimiter, from);
      const piece = text.slice(from, end < 0 ? text.length : end);
      if (piece.includes('<')) throw malformed('"<" within the value of an attribute');
      if (end < 0) return wait(text.length);
      place = 'tag';
      return end + 1;
    },
    'end tag'(text, from) {
      const at = text.indexOf('>', from);
      if (at < 0) return wait(text.length);
      depth--;
      place = 'text';
      done = depth === 0;
      return at + 1;
    },
    cdata(text, from) {
      const at = text.indexOf(']]>', from);
      if (at < 0) return wait(Math.max(from, text.length - 2));
      place = 'text';
      return at + 3;
    },
  };

  return {
    begin(where, open, quote) {
      place = where;
      depth = open;
      delimiter = quote;
      done = where === 'text' && open === 0;
    },
    run(text, from) {
      starved = false;
      let at = from;
      while (!starved && !done) at = steps[place](text, at);
      return at;
    },
    get done() {
      return done;
    },
  };
}
