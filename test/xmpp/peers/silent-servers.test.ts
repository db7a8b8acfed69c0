import { expect, it } from 'vitest';
import { openLog } from '#src/lib/log.ts';
import { openSilentServers } from '#src/xmpp/peers/silent-servers.ts';
import { openUserQuestions } from '#src/xmpp/peers/user-questions.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';
import { type Ask, createRequests } from '#src/xmpp/stream/requests.ts';
import { pingElement } from '#src/xmpp/xep/ping.ts';
import { handClock } from '../../hand-clock.ts';
import { stanza } from '../invented.ts';

const DOMAIN = 'irc.example';
const FAR = 'far.example';

/** Requests on a link that keeps what is written. */
function openWorld() {
  const clock = handClock();
  const requests = createRequests(clock, openSilentServers(clock, openLog('silent')));
  const written: Record<string, string | undefined>[] = [];
  const writer = {
    stanza(_name: string, attrs: Record<string, string | undefined>, _payload: Xml) {
      written.push(attrs);
      return true;
    },
  };
  const request = (ask: Ask) => requests.ask({ domain: DOMAIN, writer }, ask);
  const { answers } = openUserQuestions(new Map([[DOMAIN, { request }]]));
  return { clock, requests, written, request, answers: () => answers(DOMAIN, FAR) };
}

it('whether a server is there is asked whatever it has left unanswered, and it is asked other things until it leaves those', async () => {
  const { clock, requests, written, request, answers } = openWorld();
  const other = { to: FAR, payload: pingElement };
  const first = answers();
  clock.advance(30_000);
  expect(await first).toBe(false);
  const asked = request(other);
  clock.advance(30_000);
  await expect(asked).rejects.toThrow('in time');
  await expect(request(other)).rejects.toThrow('unanswered');
  const second = answers();
  expect(written.map(({ to }) => to)).toEqual([FAR, FAR, FAR]);
  requests.take(stanza(`<iq type='result' from='${FAR}' to='${DOMAIN}' id='${written[2]?.id}'/>`));
  expect(await second).toBe(true);
  void request(other).catch(() => undefined);
  expect(written).toHaveLength(4);
});
