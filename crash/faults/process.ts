import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, underLoad } from './fault.ts';

/** A graceful stop may take so long, in ms: `stop_time`, and what a busy machine takes to end a process. */
const STOP = 30_000;

/** The time of day jumps by a day, twice, while everything waits. */
export const clockJump: Fault = {
  summary: 'the time of day jumps by two days while messages wait that may wait for a minute',
  setting: { expiry: '60s' },
  async run(lab) {
    await underLoad(lab);
    await delay(300);
    lab.connection.pause();
    await delay(300);
    lab.child.signal('SIGUSR2');
    await delay(500);
    lab.child.signal('SIGUSR2');
    await delay(500);
    lab.connection.resume();
    await delay(300);
    const expired = (await lab.journal.accepted()).filter(({ outcome }) => outcome === 'expired').length;
    if (expired > 0) lab.ledger.violate(`${expired} messages have expired early`);
    return { expired };
  },
};

/** The gateway is told to stop under load, twice, and started again. */
export const sigterm: Fault = {
  summary: 'the gateway is told to stop while everybody writes',
  async run(lab) {
    await underLoad(lab);
    const stops: number[] = [];
    for (let stop = 0; stop < 2; stop++) {
      await delay(800);
      const began = performance.now();
      lab.child.signal('SIGTERM');
      const code = await lab.child.ended;
      const took = Math.round(performance.now() - began);
      if (code !== 0 || took > STOP) lab.ledger.violate(`a stop has ended with ${code} after ${took} ms`);
      stops.push(took);
      await lab.gone();
      await lab.start();
    }
    await lab.until('the lines of the users', lab.load.online);
    return { stops };
  },
};
