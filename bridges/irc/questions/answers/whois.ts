import type { Asking, Collector } from '#bridges/irc/questions/kinds.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';

export type WhoisProfile = { readonly name: string; readonly facts: Readonly<Record<string, string>> };

/** RFC 2812 §5.1 and today's servers: what the lines of a WHOIS tell, by the parameters after the nick. */
const FACTS: Readonly<Record<string, (params: readonly string[]) => Readonly<Record<string, string>>>> = {
  '311': ([user = '', host = '', , real = '']) => ({ address: `${user}@${host}`, name: cleaned(real) }),
  '312': ([server = '', info = '']) => ({ server: cleaned(`${server} ${info}`) }),
  '313': () => ({ operator: 'yes' }),
  '317': ([idle = '']) => ({ idle: `${cleaned(idle)} s` }),
  '319': (params) => ({ channels: cleaned(params.at(-1) ?? '') }),
  '330': ([account = '']) => ({ account: cleaned(account) }),
  '671': () => ({ secure: 'yes' }),
  '301': (params) => ({ away: cleaned(params.at(-1) ?? '') }),
};

/** The profile of a person, by what WHOIS says. */
export function whoisProfile({ name: nick }: Asking): Collector<WhoisProfile> {
  const facts: Record<string, string> = {};
  return {
    row: ({ command, params }) => void Object.assign(facts, FACTS[command]?.(params.slice(2))),
    end: () => ({ name: facts.name || nick, facts }),
  };
}
