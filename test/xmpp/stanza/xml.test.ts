import { describe, expect, it } from 'vitest';
import { attrs, type Hole, none, xml } from '#src/xmpp/stanza/xml.ts';

const of = (hole: Hole): string => xml`<a>${hole}</a>`.text;

describe('the xml template', () => {
  it.each<[Hole, string]>([
    ['plain', '<a>plain</a>'],
    [`<b> & "c" 'd'`, '<a>&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;</a>'],
    ['</body></message><message>', '<a>&lt;/body&gt;&lt;/message&gt;&lt;message&gt;</a>'],
    ['a\u0003b', '<a>a\ufffdb</a>'],
    ['\0', '<a>\ufffd</a>'],
    ['\ufffe\uffff', '<a>\ufffd\ufffd</a>'],
    ['\ud83d', '<a>\ufffd</a>'],
    ['\ude00\ud83d', '<a>\ufffd\ufffd</a>'],
    ['😀', '<a>😀</a>'],
    ['a\r\nb\tc', '<a>a&#13;\nb\tc</a>'],
    [42, '<a>42</a>'],
    [undefined, '<a></a>'],
    [null, '<a></a>'],
    [false, '<a></a>'],
    [true, '<a></a>'],
    [xml`<b/>`, '<a><b/></a>'],
    [[xml`<b/>`, '<', [xml`<c/>`, undefined]], '<a><b/>&lt;<c/></a>'],
    [none, '<a></a>'],
  ])('fills %j in as %s', (hole, expected) => {
    expect(of(hole)).toBe(expected);
  });

  it('keeps tabs and line feeds of an attribute from becoming spaces', () => {
    expect(xml`<a b='${'1\n2\t3'}' c="${`"'`}">${'\n'}</a>`.text).toBe(`<a b='1&#10;2&#9;3' c="&quot;&apos;">\n</a>`);
  });

  it('takes nothing for XML that only looks like it', () => {
    expect(of({ text: '<b/>' } as unknown as Hole)).toBe('<a></a>');
  });

  it('writes the attributes that are there', () => {
    const some = attrs({ id: "x'y", type: undefined, max: 3, text: '\n' });
    expect(xml`<a${some}/>`.text).toBe(`<a id='x&apos;y' max='3' text='&#10;'/>`);
  });
});
