import { openFlow } from '../load/flow.ts';
import { attribute, numberAfter } from '../load/scan.ts';
import { isError } from '../load/world.ts';
import { measureFlow, type Scenario, WINDOW } from '../scenario.ts';
import { channelOf } from './texts.ts';

const NICKS = 1000;
const CHANNEL = channelOf(0);

/** The nicks of a large channel go and come back, one after the other, before one occupant. */
export const storm: Scenario = {
  name: 'storm',
  title: 'JOIN/PART storm, 1000-nick channel',
  users: 1,
  async play(bench) {
    const { xmpp, irc, join } = bench.world;
    irc.people(
      CHANNEL,
      Array.from({ length: NICKS }, (_, nick) => `nick${nick}`),
    );
    await join([{ user: 0, channel: CHANNEL }]);
    let seen = 0;
    const flow = openFlow({
      lanes: 1,
      checkpoints: 1,
      window: WINDOW,
      send(_lane, number) {
        const from = `:nick${(number >> 1) % NICKS}!~n@host.example`;
        irc.tell(CHANNEL, number % 2 === 0 ? `${from} PART ${CHANNEL} :bye` : `${from} JOIN :${CHANNEL}`);
      },
      flush: irc.flush,
    });
    xmpp.receive = (text) => {
      if (isError(text)) return flow.fail(text);
      if (!text.startsWith('<presence')) return;
      // A presence holds no number: it must be of the nick, and of the kind, that is due.
      const gone = attribute(text, 'type') === 'unavailable';
      const due = numberAfter(text, '/nick') === (seen >> 1) % NICKS && gone === (seen % 2 === 0);
      flow.pass(0, 0, due ? seen++ : -1);
    };
    xmpp.turn = flow.fill;
    return measureFlow(flow, bench);
  },
};
