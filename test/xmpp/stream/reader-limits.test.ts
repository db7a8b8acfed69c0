import { describe, expect, it } from 'vitest';
import { ReaderError, type ReaderLimits } from '#src/xmpp/stream/reader.ts';
import { collectGarbage } from '../../garbage.ts';
import { NEXT, opened } from '../session.ts';

describe('a stanza over a limit', () => {
  const small: ReaderLimits = { stanza: 200, depth: 4, attributes: 5 };
  const from = "from='a@b/c' to='d@e' id='i1'";
  const header = 'oversize <message from="a@b/c" to="d@e" id="i1"/>';
  const long = 'x'.repeat(500);

  const cases: [string, string, string][] = [
    ['text', `<message ${from}><body>${long}</body></message>`, header],
    ['text after children', `<message ${from}><a><b/></a><body>${long}<c/></body></message>`, header],
    ['many children', `<message ${from}>${'<a/>'.repeat(100)}</message>`, header],
    ['references', `<message ${from}><body>${'&amp;'.repeat(100)}</body></message>`, header],
    ['CDATA', `<message ${from}><body><![CDATA[${long}]] ></body>]]></body></message>`, header],
    ['the value of an attribute', `<message ${from}><a b='${long}>/"' c="/"/><d/></message>`, header],
    ['the value of one of its own attributes', `<message ${from} b="${long}/>'" c=''/>`, header],
    ['its own attributes', `<message ${from} b='1' c='2' d='3'><a/></message>`, header.replace('/>', ' b="1" c="2"/>')],
    ['the attributes of a child', `<message ${from}><a b='' c='' d='' e='' f='' g='/>'/><h></h></message>`, header],
    ['depth', `<message ${from}><a><b><c><d><e/></d></c></b></a></message>`, header],
    ['depth by an empty element', `<message ${from}><a><b><c><d/></c></b></a></message>`, header],
    ['the name of an element', `<message ${from}><${long} a='/'/><${long}></${long}></message>`, header],
    ['white space in a tag', `<message ${from}><a${' '.repeat(500)}/></message>`, header],
    ['white space in its end tag', `<message ${from}></message${' '.repeat(500)}>`, header],
  ];

  it.each(cases)('%s: is read past, and its start tag reported', (_, stanza, expected) => {
    const { log, write } = opened(small);
    write(stanza + NEXT);
    expect(log).toEqual([expected, 'stanza <message id="next"/>']);
  });

  it.each(cases)('%s: wherever the bytes are cut', (_, stanza, expected) => {
    const bytes = Buffer.from(stanza + NEXT);
    const single = opened(small);
    for (const byte of bytes) single.write(Buffer.of(byte));
    expect(single.log).toEqual([expected, 'stanza <message id="next"/>']);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { log, write } = opened(small);
      write(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(log).toEqual([expected, 'stanza <message id="next"/>']);
    }
  });

  it('is one exactly from the first character too many', () => {
    const stanza = (length: number): string => `<message>${'x'.repeat(length - 19)}</message>`;
    for (const cut of [1, 50, 190, 199, 200]) {
      for (const [length, event] of [
        [200, 'stanza'],
        [201, 'oversize'],
      ] as const) {
        const { log, write } = opened(small);
        const xml = stanza(length);
        write(NEXT, xml.slice(0, cut), xml.slice(cut) + NEXT);
        expect(log.map((line) => line.split(' ')[0])).toEqual(['stanza', event, 'stanza']);
      }
    }
  });

  it('allows what is just within the limits', () => {
    const { log, write } = opened();
    const attributes = Array.from({ length: 64 }, (_, i) => ` a${i}='1'`).join('');
    write(`<message${attributes}/>`);
    write(`<message>${'<a>'.repeat(63)}${'</a>'.repeat(63)}</message>`);
    expect(log.map((line) => line.split(' ')[0])).toEqual(['stanza', 'stanza']);
  });

  it('is not answered without a name, nor when it is no stanza', () => {
    const { log, write } = opened(small);
    write(`<${long}><a></a></${long}><nonza a='${long}'/>${NEXT}`);
    expect(log).toEqual(['stanza <message id="next"/>']);
  });

  it('is still refused for a comment, a document type or "<" in a tag', () => {
    for (const bad of ['<!-- -->', '<!DOCTYPE x>', '<?x?>', "<a b='<'/>", '<a <b/>', 'a\x03b']) {
      const { write } = opened(small);
      expect(() => write(`<message><body>${long}${bad}</body></message>`)).toThrow(ReaderError);
    }
  });

  it.each([
    ['a body', '', 'x'.repeat(64 * 1024)],
    ['a body of references', '', '&lt;'.repeat(16 * 1024)],
    ['a body of CDATA', '<![CDATA[', 'x'.repeat(64 * 1024)],
    ['the value of an attribute', "<a b='", 'x'.repeat(64 * 1024)],
    ['the name of an element', '<a', 'x'.repeat(64 * 1024)],
  ])('keeps nothing of 100 MiB of %s', (_, before, chunk) => {
    const { log, write } = opened();
    write(`<message ${from}>${before}`);
    const bytes = Buffer.from(chunk);
    for (let i = 0; i < 8; i++) write(bytes);
    collectGarbage();
    const start = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1600; i++) write(bytes);
    collectGarbage();
    expect(process.memoryUsage().heapUsed - start).toBeLessThan(48 * 1024 * 1024);
    write(before.startsWith('<!') ? ']]>' : before === '' ? '' : before === '<a' ? '/>' : "'/>", `</message>${NEXT}`);
    expect(log).toEqual([header, 'stanza <message id="next"/>']);
  });

  it('reads past 200,000 elements within each other', () => {
    const { log, write } = opened();
    write(`<message ${from}>${'<a>'.repeat(200_000)}`, `${'</a>'.repeat(200_000)}</message>${NEXT}`);
    expect(log).toEqual([header, 'stanza <message id="next"/>']);
  });
});
