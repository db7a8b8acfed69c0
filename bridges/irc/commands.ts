import type { Command, Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field } from '#src/model/form.ts';
import { newEventId, splitAccount } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import type { IrcConfig } from './config.ts';
import { commandTexts as texts } from './texts.ts';
import { unfit } from './wire/line.ts';
import { isMask } from './wire/masks.ts';
import { isName } from './wire/names.ts';

/** Something that is typed in a channel and becomes a line: what follows the word, and the line for it. */
type Typed = {
  readonly words: readonly string[];
  readonly title: Words;
  /** What follows it; a last field that is not required may be left out. */
  readonly fields: readonly Field[];
  /** The line for a channel. A text without spaces before it is given as it was typed. Throws a `Failure` for no name. */
  line(channel: string, given: readonly string[]): string;
};

const nick = { name: 'nick', label: texts.nick, type: 'text', required: true } as const;
const text = { name: 'text', label: texts.text, type: 'text', required: true } as const;
const reason = { name: 'reason', label: texts.reason, type: 'text' } as const;
const modes = { name: 'modes', label: texts.modes, type: 'text', required: true } as const;
const subject = { name: 'subject', label: texts.subject, type: 'text' } as const;

/** A last parameter (RFC 2812 §2.3.1), where there is one. */
const trailing = (said: string | undefined): string => (said ? ` :${said}` : '');
/** Words that are one parameter each. Throws a `Failure` for what is none. */
function namesIn(given = '', separator: RegExp | string = ' '): string[] {
  const all = given.trim().split(separator).filter(Boolean);
  if (all.length === 0 || !all.every(isName)) throw unfit();
  return all;
}

function nameIn(given: string | undefined): string {
  const [name = '', ...more] = namesIn(given);
  if (more.length > 0) throw unfit();
  return name;
}

/** A mask of bans: a nick alone is one, whoever it is. */
function mask(given: string | undefined): string {
  const who = nameIn(given);
  return isMask(who) ? who : `${who}!*@*`;
}

const mode = (sign: string) => (channel: string, given: readonly string[]) => {
  const nicks = namesIn(given[0], /[\s,]+/);
  return `MODE ${channel} ${sign.charAt(0)}${sign.charAt(1).repeat(nicks.length)} ${nicks.join(' ')}`;
};

/** Commands as people type them on IRC. */
const TYPED: readonly Typed[] = [
  {
    words: ['mode'],
    title: texts.mode,
    fields: [modes],
    // A channel may be named, as scripts of other gateways do.
    line: (channel, [given = '']) => (/^[#&!]\S/.test(given) ? `MODE ${given}` : `MODE ${channel} ${given}`),
  },
  {
    words: ['topic'],
    title: texts.topic,
    fields: [subject],
    line: (channel, [said]) => `TOPIC ${channel}${trailing(said)}`,
  },
  {
    words: ['kick'],
    title: texts.kick,
    fields: [nick, reason],
    line: (channel, [who, why]) => `KICK ${channel} ${nameIn(who)}${trailing(why)}`,
  },
  { words: ['ban'], title: texts.ban, fields: [nick], line: (channel, [who]) => `MODE ${channel} +b ${mask(who)}` },
  { words: ['unban'], title: texts.unban, fields: [nick], line: (channel, [who]) => `MODE ${channel} -b ${mask(who)}` },
  { words: ['op'], title: texts.op, fields: [nick], line: mode('+o') },
  { words: ['deop'], title: texts.deop, fields: [nick], line: mode('-o') },
  { words: ['voice'], title: texts.voice, fields: [nick], line: mode('+v') },
  { words: ['devoice'], title: texts.devoice, fields: [nick], line: mode('-v') },
  {
    words: ['invite'],
    title: texts.invite,
    fields: [nick],
    line: (channel, [who]) => `INVITE ${nameIn(who)} ${channel}`,
  },
  { words: ['nick'], title: texts.changeNick, fields: [nick], line: (_, [wanted]) => `NICK ${nameIn(wanted)}` },
  {
    words: ['part', 'leave'],
    title: texts.part,
    fields: [reason],
    line: (channel, [why]) => `PART ${channel}${trailing(why)}`,
  },
  {
    words: ['msg', 'query'],
    title: texts.message,
    fields: [nick, text],
    line: (_, [who, said]) => `PRIVMSG ${nameIn(who)}${trailing(said)}`,
  },
  {
    words: ['notice'],
    title: texts.notice,
    fields: [nick, text],
    line: (_, [who, said]) => `NOTICE ${nameIn(who)}${trailing(said)}`,
  },
  { words: ['whois'], title: texts.whois, fields: [nick], line: (_, [who]) => `WHOIS ${namesIn(who).join(' ')}` },
  { words: ['away'], title: texts.away, fields: [reason], line: (_, [why]) => `AWAY${trailing(why)}` },
  { words: ['quit'], title: texts.quit, fields: [reason], line: (_, [why]) => `QUIT${trailing(why)}` },
  { words: ['raw', 'quote'], title: texts.raw, fields: [text], line: (_, [said = '']) => said },
];

/** What a command is declared as. What the server answers comes from its address, as that to each line written to it. */
const declared = ({ words, title, fields, line }: Typed): Command<IrcConfig> => ({
  node: words[0] ?? '',
  on: 'room',
  who: 'user',
  title,
  typed: words,
  async *run({ bridge, host, account, session, place }): AsyncGenerator<Step, Words, Answer> {
    const answer = yield { kind: 'form', form: { title, fields }, last: true };
    if (!session) throw new Failure('not-joined');
    // As its server spells it: an address may hold escapes.
    const { name = '' } = await bridge.ask({ kind: 'room', place }, session);
    const given = fields.map((field) => answer[field.name]?.[0] ?? '');
    await bridge.deliver(
      {
        ...{ id: newEventId(), at: host.clock.now(), live: true },
        place: { kind: 'realm', account, realm: session.realm },
        from: { kind: 'xmpp', bare: splitAccount(account).user },
        ...{ kind: 'message', text: line(name, given), style: 'plain' },
      },
      session,
    );
    return '';
  },
});

/** The commands of a channel. */
export const commands: readonly Command<IrcConfig>[] = TYPED.map(declared);
