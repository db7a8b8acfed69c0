/** More bytes or lines of headers than these are no person's mail, and who checks signatures reads them for a minute. */
const MOST_BYTES = 65_536;
const MOST_LINES = 1000;
const [LF, CR] = [10, 13];

/**
 * A mail as it comes, which is read to its end but ends early where its headers are more than those of mails: `cut` is called then,
 * and what was said of it counts for nothing.
 */
export async function* boundedHead(content: AsyncIterable<Uint8Array>, cut: () => void): AsyncGenerator<Uint8Array> {
  const head = { bytes: 0, lines: 0, empty: true, ended: false };
  let over = false;
  for await (const piece of content) {
    if (over) continue;
    for (let at = 0; !head.ended && at < piece.length; at += 1) {
      head.bytes += 1;
      if (piece[at] === LF) {
        head.ended = head.empty;
        head.lines += 1;
        head.empty = true;
      } else if (piece[at] !== CR) head.empty = false;
    }
    over = head.bytes > MOST_BYTES || head.lines > MOST_LINES;
    if (over) cut();
    else yield piece;
  }
}
