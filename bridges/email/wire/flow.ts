/** RFC 3676 §4.2 has lines of 78 characters at most, with what quotes of them add. */
const WIDTH = 72;
/** The line before a signature, which does not flow (§4.3). */
const DELIMITER = '-- ';

/**
 * A text in `format=flowed` (RFC 3676 §4.2): lines are broken between words, and those behind whose end there is a blank go on in the
 * next. What begins with `>` is a quote. Pure; `unflow` is the way back, but for blanks at the ends of lines.
 */
export const flow = (text: string): string => text.split('\n').flatMap(flowLine).join('\n');

function flowLine(line: string): readonly string[] {
  if (line === DELIMITER) return [line];
  const marks = /^>*/.exec(line)?.[0] ?? '';
  const said = (marks === '' ? line : line.slice(marks.length).replace(/^ /, '')).trimEnd();
  if (said === '') return [marks];
  return broken(said).map((part) => (marks === '' ? stuffed(part) : `${marks} ${part}`));
}

/** RFC 3676 §4.4 */
const stuffed = (line: string): string => (/^(?: |>|From )/.test(line) ? ` ${line}` : line);

function broken(said: string): readonly string[] {
  const parts: string[] = [];
  let line = '';
  for (const word of said.split(/(?<= )(?! )/)) {
    const isFull = line.length + word.trimEnd().length > WIDTH && line.trim() !== '' && line !== DELIMITER;
    if (isFull) parts.push(line);
    line = isFull ? word : line + word;
  }
  return [...parts, line];
}
