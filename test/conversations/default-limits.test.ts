import { join } from 'node:path';
import { it } from 'vitest';
import { play } from './play.ts';
import { readScript, type Turn } from './script.ts';

const ROMEO = 'romeo@a.example/orchard';
const ROOM = '#verona%net@irc.example';
const PAGE = 100;

const setting = readScript(join(import.meta.dirname, 'irc', 'setting-romeo-in-verona.txt'));
const at = 'a page of 100';
const turn = (wire: string, direction: Turn['direction'], text: string): Turn => ({ wire, direction, text, at });
const range = <T>(count: number, make: (number: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

// XEP-0059 §2.1: whoever asks for no number of items gets a page that the service chooses.
it('a list of 111 channels is 100 where nobody says how many, and what comes after them the rest', async () => {
  const name = (number: number): string => `#c${String(number).padStart(3, '0')}`;
  const ask = (id: string, set: string): Turn =>
    turn(
      'xmpp',
      'in',
      `<iq type='get' id='${id}' from='${ROMEO}' to='net@irc.example'><query xmlns='http://jabber.org/protocol/disco#items'>${set}</query></iq>`,
    );
  const page = (id: string, from: number, to: number, set: string): Turn =>
    turn(
      'xmpp',
      'out',
      `<iq type='result' id='${id}' from='net@irc.example' to='${ROMEO}'><query xmlns='http://jabber.org/protocol/disco#items'>${range(
        to - from,
        (n) => `<item jid='${name(from + n)}%net@irc.example' name='${name(from + n)} (1)'/>`,
      ).join('')}${set}</query></iq>`,
    );
  const rsm = (inner: string): string => `<set xmlns='http://jabber.org/protocol/rsm'>${inner}</set>`;
  const ends = (from: number, to: number): string =>
    `<first index='${from}'>${name(from)}%net</first><last>${name(to - 1)}%net</last><count>111</count>`;
  await play({
    ...setting,
    turns: [
      ...setting.turns,
      ask('l1', ''),
      turn('irc', 'out', 'LIST'),
      ...range(111, (n) => turn('irc', 'in', `:irc.fake 322 Romeo ${name(n)} 1 :`)),
      turn('irc', 'in', ':irc.fake 323 Romeo :End of /LIST'),
      page('l1', 0, PAGE, rsm(ends(0, PAGE))),
      ask('l2', rsm(`<after>${name(PAGE - 1)}%net</after>`)),
      page('l2', PAGE, 111, rsm(ends(PAGE, 111))),
    ],
  });
});

// XEP-0313 §4.3.1: a page that is not the last says so.
it('an archive of 110 messages is 100 where nobody says how many, and what comes after them the rest', async () => {
  const heard = range(110, (n) => [
    turn('irc', 'in', `:Mercutio!m@b.host PRIVMSG #verona :line ${n}`),
    turn(
      'xmpp',
      'out',
      `<message type='groupchat' id='*' from='${ROOM}/Mercutio' to='${ROMEO}'><body>line ${n}</body><stanza-id xmlns='urn:xmpp:sid:0' id='{{id${n}}}' by='${ROOM}'/></message>`,
    ),
  ]).flat();
  const ask = (id: string, set: string): Turn =>
    turn(
      'xmpp',
      'in',
      `<iq type='set' id='${id}' from='${ROMEO}' to='${ROOM}'><query xmlns='urn:xmpp:mam:2'>${set}</query></iq>`,
    );
  const result = (n: number): Turn =>
    turn(
      'xmpp',
      'out',
      `<message from='${ROOM}' to='${ROMEO}'><result xmlns='urn:xmpp:mam:2' id='{{id${n}}}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='*'/><message xmlns='jabber:client' type='groupchat' from='${ROOM}/Mercutio' id='*'><body>line ${n}</body></message></forwarded></result></message>`,
    );
  const fin = (id: string, from: number, to: number, complete: string): Turn =>
    turn(
      'xmpp',
      'out',
      `<iq type='result' id='${id}' from='${ROOM}' to='${ROMEO}'><fin xmlns='urn:xmpp:mam:2'${complete}><set xmlns='http://jabber.org/protocol/rsm'><first>{{id${from}}}</first><last>{{id${to - 1}}}</last><count>110</count></set></fin></iq>`,
    );
  await play({
    ...setting,
    turns: [
      ...setting.turns,
      ...heard,
      ask('q1', ''),
      ...range(PAGE, result),
      fin('q1', 0, PAGE, ''),
      ask('q2', `<set xmlns='http://jabber.org/protocol/rsm'><after>{{id${PAGE - 1}}}</after></set>`),
      ...range(10, (n) => result(PAGE + n)),
      fin('q2', PAGE, 110, " complete='true'"),
    ],
  });
});
