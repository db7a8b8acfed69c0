import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Command } from '#src/bridge.ts';
import type { Offer } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import { joined, type Text, type Words } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { Named } from './chat-places.ts';

/** What somebody who writes to the gateway wants. */
export type Called =
  | { readonly kind: 'help' }
  /** Without `at` it is called on the gateway itself. */
  | {
      readonly kind: 'run';
      readonly node: string;
      readonly on: Command['on'];
      readonly at?: Place;
      readonly words: string;
    }
  | { readonly kind: 'address'; readonly shown: string; readonly room: boolean }
  /** It is clear what is wrong. */
  | { readonly kind: 'wrong'; readonly text: Words }
  | { readonly kind: 'unknown'; readonly why: Words };

type Find = (address: string) => Promise<Named>;

/** In English everywhere, and in the other languages of the texts. */
const HELP = /^(?:help|\?|hilfe)$/;
const BLANK = /^(\S+)\s*([\s\S]*)$/;
/** An address with spaces stands in quotes. */
const ADDRESS = /^(?:"([^"]+)"|(\S+))\s*([\s\S]*)$/;

/**
 * Reads `help`, `COMMAND WORDS`, `COMMAND ADDRESS WORDS` or an address. A command with an address is the one on that
 * contact or room. Rejects with what is no `Failure` alone.
 */
export async function call(text: string, offered: readonly Offer[], find: Find): Promise<Called> {
  const [, first = '', rest = ''] = BLANK.exec(text) ?? [];
  const node = first.toLowerCase();
  if (HELP.test(node)) return { kind: 'help' };
  const named = offered.filter((one) => one.node === node);
  if (named.length === 0) return address(text, find);
  const has = (on: Command['on']): boolean => named.some((one) => one.on === on);
  const placed = has('contact') || has('room') || has('realm');
  if (placed && rest !== '') return withAddress(node, rest, { has, find });
  if (has('gateway')) return { kind: 'run', node, on: 'gateway', words: rest };
  return { kind: 'wrong', text: texts.sayWhom(node) };
}

const NOT_FOR = { realm: texts.notForServers, room: texts.notForRooms, contact: texts.notForPeople } as const;

async function withAddress(
  node: string,
  rest: string,
  { has, find }: { has(on: Command['on']): boolean; find: Find },
): Promise<Called> {
  const [, quoted, plain = '', words = ''] = ADDRESS.exec(rest) ?? [];
  const word = quoted ?? plain;
  try {
    const { room, place } = await find(word);
    const on = place.kind === 'realm' ? 'realm' : room ? 'room' : 'contact';
    if (has(on)) return { kind: 'run', node, on, at: place, words };
    return { kind: 'wrong', text: NOT_FOR[on] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kind: 'wrong', text: texts.wrong(word, error.words) };
  }
}

async function address(text: string, find: Find): Promise<Called> {
  try {
    const { shown, room } = await find(text);
    return { kind: 'address', shown, room };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kind: 'unknown', why: error.words };
  }
}

/** What is understood, a line each. */
export function help(offered: readonly Offer[], gateway: { domain: string; network: string }): Text {
  const nodes = [...new Set(offered.map(({ node }) => node))];
  const lines = nodes.map((node) => {
    const named = offered.filter((one) => one.node === node);
    const alone = named.some(({ on }) => on === 'gateway');
    const placed = named.some(({ on }) => on !== 'gateway');
    const where = placed ? joined(alone ? [' [', texts.address, ']'] : [' ', texts.address], '') : '';
    const takes = named.find((one) => one.takes !== undefined)?.takes;
    const words = takes === undefined ? '' : joined([' [', takes, ']'], '');
    return joined([node, where, words, ': ', named[0]?.title ?? ''], '');
  });
  return joined([texts.helpIntroduction(gateway), texts.helpAddress, ...lines, texts.helpCancel, texts.helpHelp]);
}
