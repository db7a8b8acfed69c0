/** A line that waits. `sent` is called when it has gone to the socket. */
export type QueuedLine = { readonly line: string; readonly sent: (() => void) | undefined };

/** What lines are paid from. */
export type Purse = { pays(line: string): boolean };

/** What goes first: what people do, then what they say, then what nobody waits for. */
type Rank = 0 | 1 | 2;

const rankOf = (line: string): Rank => {
  const from = line.startsWith('@') ? line.indexOf(' ') + 1 : 0;
  if (line.startsWith('PRIVMSG ', from)) return 1;
  return line.startsWith('NOTICE ', from) || line.startsWith('TAGMSG ', from) ? 2 : 0;
};

/** The lines of a connection that wait for their turn, in order within each rank. */
export class SendQueue {
  readonly #ranks: [QueuedLine[], QueuedLine[], QueuedLine[]] = [[], [], []];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: QueuedLine): void {
    this.#ranks[rankOf(item.line)].push(item);
    this.#length++;
  }

  /** Takes lines out, in order, as long as each is paid for. */
  take(purse: Purse): readonly QueuedLine[] {
    const gone: QueuedLine[] = [];
    for (const waiting of this.#ranks) {
      if (waiting.length === 0) continue;
      let count = 0;
      while (count < waiting.length && purse.pays((waiting[count] as QueuedLine).line))
        gone.push(waiting[count++] as QueuedLine);
      if (count === waiting.length) waiting.length = 0;
      else waiting.splice(0, count);
      this.#length -= count;
      if (waiting.length > 0) break;
    }
    return gone;
  }

  /** Takes the line out that would call this; false where it has gone. */
  withdraw(sent: () => void): boolean {
    for (const waiting of this.#ranks) {
      const at = waiting.findIndex((item) => item.sent === sent);
      if (at < 0) continue;
      waiting.splice(at, 1);
      this.#length--;
      return true;
    }
    return false;
  }
}
