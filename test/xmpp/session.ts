import type { Element } from 'ltx';
import { createReader, type ReaderLimits, readerLimits } from '#src/xmpp/stream/reader.ts';

export const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' from='gw.example' id='s1'>";
export const NEXT = "<message id='next'/>";

/** Reads pieces and notes what comes of them, one line for each event. */
export function session(limits: ReaderLimits = readerLimits) {
  const log: string[] = [];
  const stanzas: Element[] = [];
  const reader = createReader(
    {
      start: (header) => log.push(`start ${header.attrs.id}`),
      stanza(stanza) {
        stanzas.push(stanza);
        log.push(`stanza ${stanza}`);
      },
      nonza: (element) => log.push(`nonza ${element}`),
      oversize: (header) => log.push(`oversize ${header}`),
      end: () => log.push('end'),
    },
    limits,
  );
  const write = (...pieces: (string | Buffer)[]): void => {
    for (const piece of pieces) reader.write(Buffer.from(piece as string));
  };
  return { log, stanzas, write, reader };
}

/** A session whose stream header has been read. */
export function opened(limits?: ReaderLimits) {
  const one = session(limits);
  one.write(HEADER);
  one.log.length = 0;
  return one;
}
