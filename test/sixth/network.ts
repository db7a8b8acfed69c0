import type { Contract, Wire } from '../contract/network.ts';
import { bridge } from './semaphore/index.ts';
import { HARBOUR, openTower, type Tower } from './tower.ts';

const PERSON = 'mercutio';

/** The contract of the sixth network, over a real tower. */
export const semaphoreContract: Contract = {
  name: 'the sixth network',
  definition: bridge,
  network: { acknowledged: true, addresses: ['', PERSON, HARBOUR, 'Romeo-2'], open: openWire },
};

/** A tower with Mercutio in the harbour. */
export async function openWire(): Promise<Wire & { readonly tower: Tower }> {
  const tower = await openTower();
  const say = async (text: string) => void tower.say(PERSON, HARBOUR, text);
  const come = async () => void tower.person('benvolio', true);
  tower.person(PERSON, true);
  return {
    tower,
    settings: ({ slow }) => ({ port: tower.port, ...(slow && { window: 1 }) }),
    realm: '',
    credentials: async () => undefined,
    room: HARBOUR,
    person: PERSON,
    say,
    provoke: { message: () => say('hark'), occupant: come, occupants: async (name) => tower.person(name, true) },
    async heard(name) {
      for (;;) {
        const [, verb, , text] = await tower.heard(name);
        if (verb === 'say') return text;
      }
    },
    hold: async () => tower.fault('hold', 'say'),
    held: (count) => tower.until(({ held }) => held >= count),
    release: async () => tower.release(),
    refuseMessage: async () => tower.fault('refuse', 'say'),
    refuseLogin: async () => tower.fault('refuse', 'login'),
    break: async () => tower.break(),
    idle: () => tower.until(({ lines }) => lines === 0),
    journal: {
      acknowledged: (name) => tower.until(() => tower.isRead(name)),
      isAcknowledged: async (name) => tower.isRead(name),
      repeat: async () => tower.repeat(),
      // A tower tells one thing at a time: nothing can overtake.
      reorder: async () => undefined,
    },
    pages: {},
    [Symbol.asyncDispose]: () => tower[Symbol.asyncDispose](),
  };
}
