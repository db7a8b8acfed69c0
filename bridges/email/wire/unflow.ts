/** A line of a text, and how deep it is quoted. */
type QuotedLine = { readonly depth: number; readonly text: string };

/**
 * Joins the paragraphs of a text in `format=flowed` (RFC 3676 §4.2): a line with a blank at its end goes on in the next of the same
 * depth. `delSp` takes that blank away. The line `-- ` before a signature stays what it is.
 */
export function unflow(text: string, delSp: boolean): string {
  const paragraphs: { depth: number; lines: string[] }[] = [];
  let open = false;
  for (const { depth, text: line } of text.split(/\r?\n/).map(unquoteLine)) {
    const last = paragraphs.at(-1);
    const flowed = line.endsWith(' ') && line !== '-- ';
    const kept = flowed && delSp ? line.slice(0, -1) : line;
    if (open && last && last.depth === depth && line !== '-- ') last.lines.push(kept);
    else paragraphs.push({ depth, lines: [kept] });
    open = flowed;
  }
  return paragraphs.map(({ depth, lines }) => quoteLine(depth, lines.join(''))).join('\n');
}

/** RFC 3676 §4.5: all `>` in a row count; then a blank that was stuffed goes (§4.4). */
function unquoteLine(line: string): QuotedLine {
  const depth = /^>*/.exec(line)?.[0].length ?? 0;
  const rest = line.slice(depth);
  return { depth, text: rest.startsWith(' ') ? rest.slice(1) : rest };
}

function quoteLine(depth: number, text: string): string {
  if (depth > 0) return `${'>'.repeat(depth)} ${text}`;
  return text;
}
