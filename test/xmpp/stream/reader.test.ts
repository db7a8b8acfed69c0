import { describe, expect, it } from 'vitest';
import { createReader, ReaderError } from '#src/xmpp/stream/reader.ts';
import { HEADER, NEXT, opened, session } from '../session.ts';

/** The condition of the stream error that some XML within the stream is worth. */
function conditionOf(xml: string | Buffer, { write } = opened()): string | undefined {
  try {
    write(xml);
  } catch (error) {
    if (error instanceof ReaderError) return error.condition;
    throw error;
  }
  return undefined;
}

describe('a component stream', () => {
  it('is handed over piece by piece', () => {
    const { log, write } = session();
    write(
      `${HEADER}<handshake/>\n<presence from='a@b'/> <iq type='get'><q xmlns='urn:x'>1 &lt; 2</q></iq></stream:stream>\n`,
    );
    expect(log).toEqual([
      'start s1',
      'nonza <handshake/>',
      'stanza <presence from="a@b"/>',
      'stanza <iq type="get"><q xmlns="urn:x">1 &lt; 2</q></iq>',
      'end',
    ]);
  });

  it('gives its namespaces to its stanzas', () => {
    const { stanzas, write } = opened();
    write("<message><body>hi</body><x xmlns='jabber:x:oob'><url>u</url></x></message>");
    const [stanza] = stanzas;
    expect(stanza?.getNS()).toBe('jabber:component:accept');
    expect(stanza?.getChildText('body', 'jabber:component:accept')).toBe('hi');
    expect(stanza?.getChild('x', 'jabber:x:oob')?.getChildText('url', 'jabber:x:oob')).toBe('u');
    expect(stanza?.getChild('x', 'jabber:client')).toBeUndefined();
  });

  it('does not take an element of another namespace for a stanza', () => {
    const { log, write } = opened();
    write("<message xmlns='urn:other'/><message xmlns='jabber:client'/>");
    expect(log).toEqual(['nonza <message xmlns="urn:other"/>', 'stanza <message xmlns="jabber:client"/>']);
  });

  it('knows attributes and elements by any name, and none that is not there', () => {
    const { stanzas, write } = opened();
    write("<message __proto__='1' hasOwnProperty='2' valueOf='3'><__proto__/><constructor/></message>");
    expect(Object.entries(stanzas[0]?.attrs ?? {})).toEqual([
      ['__proto__', '1'],
      ['hasOwnProperty', '2'],
      ['valueOf', '3'],
    ]);
    expect(stanzas[0]?.attrs.constructor).toBeUndefined();
    expect(stanzas[0]?.children).toHaveLength(2);
  });

  it('reads CDATA, references and ends of line as text', () => {
    const { stanzas, write } = opened();
    write("<message a='1&#10;2\n3\r\n4'><body>a<![CDATA[<b>&amp;]]]]>&#x1F600;&apos;\r\nc\rd&#13;</body></message>");
    expect(stanzas[0]?.getChildText('body')).toBe("a<b>&amp;]]😀'\nc\nd\r");
    expect(stanzas[0]?.attrs.a).toBe('1\n2 3 4');
  });

  it('gives the same elements wherever the bytes are cut', () => {
    const xml = `<message to='ü@x' xml:lang="en" ><body>a😀é&amp;&#x1F600;]] \r\n<![CDATA[x]]]]></body ><e:x xmlns:e='urn:e' e:a='>'/></message>${NEXT}`;
    const whole = opened();
    whole.write(xml);
    expect(whole.log).toHaveLength(2);
    const bytes = Buffer.from(xml);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { log, write } = opened();
      write(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(log).toEqual(whole.log);
    }
    const single = opened();
    for (const byte of bytes) single.write(Buffer.of(byte));
    expect(single.log).toEqual(whole.log);
  });

  it('gives the same whole stream one byte at a time', () => {
    const { log, write } = session();
    for (const byte of Buffer.from(`${HEADER}<handshake/>${NEXT}</stream:stream>`)) write(Buffer.of(byte));
    expect(log).toEqual(['start s1', 'nonza <handshake/>', 'stanza <message id="next"/>', 'end']);
  });

  it('reads nothing more once it was stopped', () => {
    const seen: string[] = [];
    const reader = createReader({
      start() {},
      stanza(stanza) {
        seen.push(stanza.toString());
        reader.stop();
      },
      nonza() {},
      oversize() {},
      end() {},
    });
    reader.write(Buffer.from(`${HEADER}<message id='1'/><message id='2'/>`));
    reader.write(Buffer.from(NEXT));
    expect(seen).toEqual(['<message id="1"/>']);
  });
});

const many = (count: number): string => Array.from({ length: count }, (_, index) => ` a${index}=''`).join('');

describe('what is not XMPP', () => {
  const body = (inner: string): string => `<message><body>${inner}</body></message>`;

  it.each<[string, string | Buffer, string]>([
    ['a control character', body('a\x03b'), 'not-well-formed'],
    ['NUL', body('\0'), 'not-well-formed'],
    ['U+FFFE', body('\ufffe'), 'not-well-formed'],
    ['a reference to a control character', body('&#3;'), 'not-well-formed'],
    ['a reference to a surrogate', body('&#xD800;'), 'not-well-formed'],
    ['a reference beyond Unicode', body('&#x110000;'), 'not-well-formed'],
    ['a reference to U+FFFF in an attribute', "<message a='&#xffff;'/>", 'not-well-formed'],
    ['a bare ampersand', body('a & b'), 'not-well-formed'],
    ['a reference without end', body('&amp'), 'not-well-formed'],
    ['an entity of its own', body('&nbsp;'), 'restricted-xml'],
    ['an entity of its own in an attribute', "<message a='&lol;'/>", 'restricted-xml'],
    ['an entity by the name of a property', body('&constructor;'), 'restricted-xml'],
    ['"]]>" in text', body(']]>'), 'not-well-formed'],
    ['overlong UTF-8', Buffer.from(body('@').replace('@', '\xc0\xbc'), 'latin1'), 'unsupported-encoding'],
    ['a surrogate in UTF-8', Buffer.from(body('\xed\xa0\x80'), 'latin1'), 'unsupported-encoding'],
    ['latin-1', Buffer.from(body('caf\xe9'), 'latin1'), 'unsupported-encoding'],
    ['a comment', '<message><!-- x --></message>', 'restricted-xml'],
    ['a processing instruction', '<message><?php x ?></message>', 'restricted-xml'],
    ['an XML declaration within the stream', "<?xml version='1.0'?>", 'restricted-xml'],
    ['a document type', '<!DOCTYPE x>', 'restricted-xml'],
    ['an attribute twice', "<message from='a' from='b'/>", 'not-well-formed'],
    ['an attribute twice under two prefixes', "<iq xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", 'not-well-formed'],
    ['an unbound prefix', '<message><p:x/></message>', 'bad-namespace-prefix'],
    ['an unbound prefix of an attribute', "<message p:x='1'/>", 'bad-namespace-prefix'],
    ['a prefix out of its scope', "<message><a xmlns:p='u'/><p:x/></message>", 'bad-namespace-prefix'],
    ['a prefix bound to nothing', "<message xmlns:p=''/>", 'bad-namespace-prefix'],
    ['the reserved prefix', "<message xmlns:xmlns='u'/>", 'bad-namespace-prefix'],
    ['two colons', "<message xmlns:a='u'><a:b:c/></message>", 'not-well-formed'],
    ['"<" in an attribute', "<message a='<'/>", 'not-well-formed'],
    ['an attribute without quotes', '<message a=b/>', 'not-well-formed'],
    ['an attribute without value', '<message a/>', 'not-well-formed'],
    ['attributes without space between', "<message a='1'b='2'/>", 'not-well-formed'],
    ['a name that starts with a digit', '<message><1/></message>', 'not-well-formed'],
    ['a name with a symbol', '<message><a$/></message>', 'not-well-formed'],
    ['a space before the name', '< message/>', 'not-well-formed'],
    ['a mismatched end tag', '<message><a></b></message>', 'not-well-formed'],
    ['an end tag that goes on', '<message></messages>', 'not-well-formed'],
    ['an end tag with attributes', "<message></message a='1'>", 'not-well-formed'],
    ['text between stanzas', 'hello<message/>', 'not-well-formed'],
    ['a second header', HEADER.slice(HEADER.indexOf('<stream')), 'invalid-xml'],
    ['a second header that ends at once', '<stream:stream/>', 'invalid-xml'],
    ['a second header by another prefix', "<s:stream xmlns:s='http://etherx.jabber.org/streams'>", 'invalid-xml'],
    ['a second header without a prefix', "<stream xmlns='http://etherx.jabber.org/streams'>", 'invalid-xml'],
    ['a second header of a client', "<stream:stream xmlns='jabber:client' to='x'>", 'invalid-xml'],
    ['a second header over a limit', `<stream:stream${many(65)}>`, 'invalid-xml'],
    ['a second header that is huge', `<stream:stream x='${'x'.repeat(300_000)}`, 'invalid-xml'],
    ['CDATA between stanzas', '<![CDATA[ ]]>', 'not-well-formed'],
  ])('%s closes the stream', (_, xml, condition) => {
    expect(conditionOf(xml)).toBe(condition);
    expect(conditionOf(`${HEADER}`, session())).toBeUndefined();
    const bytes = Buffer.from(xml as string);
    const single = opened();
    const conditions = [...bytes].map((byte) => conditionOf(Buffer.of(byte), single));
    expect(conditions.find((one) => one !== undefined)).toBe(condition);
  });

  it.each([
    ['another encoding', "<?xml version='1.0' encoding='ISO-8859-1'?><a", 'unsupported-encoding'],
    ['a broken declaration', "<?xml version='one'?>", 'not-well-formed'],
    ['a document type before the stream', `<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x "y">]>`, 'restricted-xml'],
    ['another root', "<html xmlns='http://www.w3.org/1999/xhtml'>", 'invalid-namespace'],
    ['the stream of a client', HEADER.replace('component:accept', 'client'), 'invalid-namespace'],
    ['text before the stream', 'HTTP/1.1 400 Bad Request', 'not-well-formed'],
    ['an end before the start', '</stream:stream>', 'not-well-formed'],
    ['a huge header', `${HEADER.slice(0, -1)} x='${'x'.repeat(300_000)}`, 'policy-violation'],
  ])('%s is refused', (_, xml, condition) => {
    expect(conditionOf(xml, session())).toBe(condition);
  });

  it('is not the name of a stream within a stanza, nor another stream', () => {
    const { log, write } = opened();
    const inner = "<stream xmlns='http://etherx.jabber.org/streams'/>";
    write(`<message>${inner}</message><stream xmlns='urn:other'/>${NEXT}`);
    expect(log).toEqual(
      [`stanza <message>${inner}</message>`, 'nonza <stream xmlns="urn:other"/>', `stanza ${NEXT}`].map((one) =>
        one.replaceAll("'", '"'),
      ),
    );
  });

  it('delivers what came before it', () => {
    const { log, write } = opened();
    expect(() => write(`${NEXT}<message><body>a\x03`)).toThrow(ReaderError);
    expect(log).toEqual(['stanza <message id="next"/>']);
    write(NEXT);
    expect(log).toHaveLength(1);
  });

  it('is not a byte order mark hidden in text, nor a lone "]]", ">" or odd but legal spelling', () => {
    expect(conditionOf(body('\ufeff]] > ]&gt;&#x9;'))).toBeUndefined();
    expect(conditionOf(`<message a = "1"\n\tb\r\n=\r\n'2' ></message\n>`)).toBeUndefined();
    expect(
      conditionOf(HEADER.replace("version='1.0'", `version="1.0" encoding='utf-8' standalone="yes"`), session()),
    ).toBeUndefined();
  });
});
