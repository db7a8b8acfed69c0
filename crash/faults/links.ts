import { setTimeout as delay } from 'node:timers/promises';
import { startXmppServer } from '../../test/fakes/xmpp-server.ts';
import { SECRET } from '../setting.ts';
import { type Fault, underLoad } from './fault.ts';

const AWAY = 3000;
/** What a half-open link may cost, in ms. */
const NOTICED = 45_000;
/** The most memory that a gateway may have while nobody reads. */
const MEMORY = 512 * 1024 * 1024;
/** Messages that the loft tells somebody who does not read, and how often it is looked for when he reads again. */
const FLOOD = 50_000;

/** The XMPP server ends, is away for a while, and comes back at the same port. */
export const xmppStopped: Fault = {
  summary: 'the XMPP server is away for three seconds',
  async run(lab) {
    await underLoad(lab);
    await delay(500);
    const began = performance.now();
    let port = 0;
    await lab.relink(
      (server) => {
        port = server.port;
        return server.close();
      },
      async () => {
        await delay(AWAY);
        return startXmppServer({ port, secret: SECRET });
      },
    );
    const away = Math.round(performance.now() - began);
    await delay(500);
    return { away };
  },
};

/** The XMPP server hears nothing and says nothing, and the connection stays. */
export const xmppHalfOpen: Fault = {
  summary: 'the connection to the XMPP server is there, and nobody at its other end',
  async run(lab) {
    await underLoad(lab);
    await delay(500);
    const began = performance.now();
    const dead = lab.connection;
    await lab.relink(() => dead.silence());
    const noticed = Math.round(performance.now() - began);
    if (noticed > NOTICED) lab.ledger.violate(`the dead link was noticed after ${noticed} ms`);
    return { noticed };
  },
};

/** The XMPP server reads nothing for a while, and the network goes on. */
export const slowReader: Fault = {
  summary: `the XMPP server reads nothing while the network tells ${FLOOD} messages`,
  async run(lab) {
    await underLoad(lab);
    await delay(500);
    const { connection, load } = lab;
    connection.pause();
    load.pour(FLOOD);
    await delay(5000);
    const stalled = load.unacknowledged();
    connection.resume();
    load.end();
    await lab.until('the flood to have passed', () => load.unacknowledged() === 0);
    const memory = lab.child.peak();
    if (memory > MEMORY) lab.ledger.violate(`the gateway has had ${memory} bytes of memory`);
    return { stalled, memory: `${Math.round(memory / 1024 / 1024)} MiB` };
  },
};
