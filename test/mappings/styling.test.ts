import { describe, expect, it } from 'vitest';
import { type Block, plainText, type Styled } from '#mappings/styling.ts';
import { formatCodes, parseCodes } from '#mappings/styling-codes.ts';
import { formatHtml, parseHtml } from '#mappings/styling-html.ts';
import { formatStyling, parseStyling } from '#mappings/styling-xep0393.ts';

/** A styled text in short: `bold+italic(words)`, `pre[...]`, `quote[...]`. */
const short = (styled: Styled): string => styled.map(block).join('|');
function block(one: Block): string {
  if (one.kind === 'pre') return `pre[${one.text}]`;
  if (one.kind === 'quote') return `quote[${short(one.blocks)}]`;
  return one.runs
    .map(({ text, marks, link }) => {
      const look = marks.size === 0 ? text : `${[...marks].join('+')}(${text})`;
      return link === undefined ? look : `${look}->${link}`;
    })
    .join('');
}

describe('XEP-0393', () => {
  it.each([
    ['*strong* _em_ ~strike~ `pre`', 'bold(strong) italic(em) strike(strike) monospace(pre)'],
    ['*_both_*', 'bold+italic(both)'],
    ['*two words* and', 'bold(two words) and'],
    ['snake_case_name 2*3*4', 'snake_case_name 2*3*4'],
    ['* not* *not *', '* not* *not *'],
    ['** a', '** a'],
    ['***', 'bold(*)'],
    ['`*not strong*`', 'monospace(*not strong*)'],
    ['*not\nstrong*', '*not|strong*'],
    ['*a _b* c_', 'bold(a _b) c_'],
    ['```js\nx = *1*\n```\nafter', 'pre[x = *1*]|after'],
    ['```\nopen', 'pre[open]'],
    ['> quoted *b*\n>> twice\nout', 'quote[quoted bold(b)|quote[twice]]|out'],
    ['', ''],
  ])('%j', (body, read) => expect(short(parseStyling(body))).toBe(read));

  it.each(['*a* b _c_', '> q\n> > r\nx', '```\ncode\n```\nx', 'plain * text _', '*_x_*', ''])(
    '%j is written as it was',
    (body) => expect(formatStyling(parseStyling(body))).toBe(body),
  );
});

describe('codes of IRC', () => {
  it.each([
    ['\u0002b\u0002 \u001di\u001d \u001es\u001e \u0011m\u0011', '*b* _i_ ~s~ `m`'],
    ['\u001funder\u001f', '_under_'],
    ['\u0002\u001dboth\u000f no', '*_both_* no'],
    ['\u000304,12red\u0003 \u0016rev\u0016 \u0004ff0000hex', 'red rev hex'],
    ['half\u0002way\u0002', 'halfway'],
    ['\u0002 spaced \u0002end', ' *spaced* end'],
    ['\u00021*2\u0002', '1*2'],
    ['*typed* \u0002b\u0002', '*typed* b'],
    ['\u0002> no quote\u0002', '*> no quote*'],
    ['\u0001\u0000x\ty\u007f', 'x y'],
  ])('%j is %j', (text, body) => expect(formatStyling(parseCodes(text))).toBe(body));

  it('are switched off at the end of each line', () => {
    expect(formatCodes(parseStyling('*a* `b`\n```\nc\n```\n> _d_'))).toBe(
      '\u0002a\u0002 \u0011b\u0011\n\u0011c\u0011\n> \u001dd\u001d',
    );
  });
});

describe('HTML', () => {
  it.each([
    ['<b>b</b> <em>i</em> <del>s</del> <code>c</code>', 'bold(b) italic(i) strike(s) monospace(c)'],
    ['<p>one</p><p>two<br>three</p>', 'one|two|three'],
    ['a &amp; &lt;b&gt; &#65;&#x42;&nbsp;&unknown;', 'a & <b> AB &unknown;'],
    ['<a href="https://a.example/?a=1&amp;b">x</a>', 'x->https://a.example/?a=1&b'],
    ['<a href="javascript:alert(1)">x</a>', 'x'],
    ['<a onclick="x" href=" data:text/html,x">x</a>', 'x'],
    ['<script>alert(1)</script><style>a</style>seen', 'seen'],
    ['<blockquote>q<blockquote>r</blockquote></blockquote>x', 'quote[q|quote[r]]|x'],
    ['<pre>\na  b\n</pre>x', 'pre[a  b]|x'],
    ['<ul><li>a</li><li>b</li></ul>', '• a|• b'],
    ['  a \n b  ', 'a b '],
    ['<b>open', 'bold(open)'],
    ['1 < 2 <', '1 < 2 <'],
    ['<mx-reply>old</mx-reply>new', 'new'],
    ['<font color="red"><blink>x</blink></font><!-- no -->', 'x'],
    ['&#0;&#55296;&#x110000;x', 'x'],
  ])('%s', (html, read) => expect(short(parseHtml(html))).toBe(read));

  it('is escaped', () => {
    expect(formatHtml(parseStyling('*<script>*  "x" & \'y\'\n> q\n```\n<pre>\n```'))).toBe(
      '<strong>&#60;script&#62;</strong>&nbsp; &#34;x&#34; &#38; &#39;y&#39;<blockquote>q</blockquote><pre>\n&#60;pre&#62;\n</pre>',
    );
  });

  it('says where a link leads where it becomes text', () => {
    const read = parseHtml(
      '<a href="https://a.example">here</a>&nbsp;<a href="https://b.example">https://b.example</a>',
    );
    expect(plainText(read)).toBe('here https://b.example');
    expect(formatStyling(read)).toBe('here (https://a.example) https://b.example');
    expect(formatHtml(read)).toBe(
      '<a href="https://a.example">here</a> <a href="https://b.example">https://b.example</a>',
    );
  });
});
