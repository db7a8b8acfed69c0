import { describe, expect, test } from 'vitest';
import type { Program } from '#src/process/cli/demo/servers/available.ts';
import { eventually } from '../patience.ts';
import { describeReal, ircClient, xml, xmppClient } from './servers.ts';
import type { Unpacked } from './unpacked.ts';
import { enter, heard, type IrcServerName, roomOf, say, startWorld } from './world.ts';
import type { Element } from './xmpp.ts';

const MUC = 'http://jabber.org/protocol/muc';
const room = roomOf('#garden');
/** The pace of a connection where the operator has said nothing. */
const PACE = { throttle: { burst: 10, per_second: 1 } };
/** Milliseconds in which all of it has gone at the slowest pace: that of irc2, where they count 320 seconds. */
const PATIENCE = 600_000;

/** One line in ten is as long as a line can be. */
const LINES = Array.from(
  { length: 60 },
  (_, index) => `line ${index} ${index % 10 === 3 ? 'x'.repeat(380) : 'and so on'}`,
);
const OTHERS = Array.from({ length: 15 }, (_, index) => roomOf(`#bed${index}`));

const isSelf = (stanza: Element): boolean =>
  stanza
    .getChild('x', `${MUC}#user`)
    ?.getChildren('status')
    .some(({ attrs }) => attrs.code === '110') ?? false;

// They wait most of the time, and no pace can be hurried: side by side it is the slowest that counts.
describe.concurrent('the pace of writing', () => {
  for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const satisfies IrcServerName[]) {
    describeReal(`to ${ircd}`, ['prosody', ircd] satisfies (Program | Unpacked)[], () => {
      test('sixty lines, fifteen joins and as many questions at once: all arrive, nobody is put out', {
        timeout: PATIENCE,
      }, async () => {
        await using world = await startWorld({ ircd: `${ircd}, protected`, net: () => PACE });
        const said: string[] = [];
        await using irc = await ircClient({
          port: world.ircd.ports.plain,
          nick: 'irene',
          onLine: ({ command, params }) => void (command === 'PRIVMSG' && said.push(params[1] ?? '')),
        });
        irc.send('JOIN #garden');
        const lost: string[] = [];
        await using alice = await xmppClient({
          port: world.xmpp.ports.c2s,
          user: 'alice',
          password: 'pw',
          patience: PATIENCE,
          heard: (one) => {
            const text = one.attrs.from === 'net@irc.localhost' ? one.getChildText('body') : undefined;
            if (text?.startsWith('Connection')) lost.push(text);
          },
        });
        await alice.send(xml('presence'));
        await enter(alice, room, 'Alice');
        for (const line of LINES) await say(alice, room, line);
        for (const one of OTHERS) {
          await alice.send(xml('presence', { to: `${one}/Alice` }, xml('x', { xmlns: MUC })));
        }
        const entered = OTHERS.map((one) =>
          alice.next((stanza) => stanza.attrs.from === `${one}/Alice` && isSelf(stanza), `self-presence in ${one}`),
        );
        await Promise.all(entered);
        const questions = OTHERS.map((to) =>
          alice.ask(xml('iq', { type: 'get', to }, xml('query', { xmlns: `${MUC}#owner` }))),
        );
        for (const [index, to] of OTHERS.entries()) {
          await alice.send(xml('message', { to, type: 'groupchat' }, xml('subject', {}, `subject ${index}`)));
        }
        const subjects = OTHERS.map((one, index) =>
          alice.next(
            (stanza) => stanza.attrs.from === `${one}/Alice` && stanza.getChildText('subject') === `subject ${index}`,
            `the subject of ${one}`,
          ),
        );
        await Promise.all([...questions, ...subjects]);
        for (const line of LINES) expect(await heard(alice, room)).toBe(`Alice: ${line}`);
        await eventually(() => expect(said).toHaveLength(LINES.length), { timeout: PATIENCE });
        expect(said).toEqual(LINES);
        expect(lost.filter((text) => !text.startsWith('Connecting'))).toEqual([]);
      });
    });
  }
});

describeReal('a server that takes few AWAY', ['prosody', 'hybrid'], () => {
  test('is told in the end what holds', async () => {
    await using world = await startWorld({ ircd: 'hybrid, protected', net: () => PACE });
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    await using alice = await world.login('alice');
    await enter(alice, room, 'Alice');
    const fares = (show?: string) =>
      alice.send(xml('presence', { to: `${room}/Alice` }, ...(show ? [xml('show', {}, show)] : [])));
    const isAbout = ({ command }: { command: string }) => command === '301' || command === '318';
    const awayText = async () => {
      irc.send('WHOIS Alice');
      const line = await irc.next(isAbout, 'WHOIS');
      if (line.command === '301') await irc.next(isAbout, 'the end of WHOIS');
      return line.command === '301' ? line.params.at(-1) : undefined;
    };
    // It takes three in ten seconds.
    for (let time = 0; time < 4; time++) {
      await fares('away');
      await world.later(65, alice, irc);
      await fares();
    }
    await fares('dnd');
    await world.later(65, alice, irc);
    await eventually(
      async () => {
        await world.later(35, alice, irc);
        expect(await awayText()).toBe('Busy');
      },
      { interval: 500 },
    );
  });
});
