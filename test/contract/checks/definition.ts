import fc from 'fast-check';
import { expect } from 'vitest';
import { advertised } from '#mappings/advertised.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Level } from '#src/model/capabilities.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, newEventId } from '#src/model/ids.ts';
import type { Check, Contract } from '../network.ts';

async function addressesOf({ definition, network }: Contract): Promise<Addresses> {
  await using wire = await network.open();
  return definition.addresses(definition.config.parse(wire.settings({ slow: false })));
}

const STRANGE = ['', ' ', 'a b', '\n', '\r\n', '\0', '%', '@', '/', '#', '~', '%%', '\u202e', '\ud800'];

/** Local parts: real ones, real ones with something changed, and anything. */
function locals({ network }: Contract): fc.Arbitrary<string> {
  const real = fc.constantFrom(...network.addresses);
  const changed = fc.tuple(real, fc.nat(20), fc.string({ unit: 'binary', maxLength: 3 }));
  return fc.oneof(
    real,
    changed.map(([local, at, more]) => local.slice(0, at) + more + local.slice(at)),
    fc.string({ unit: 'binary' }),
  );
}

/** What is pure. */
export const definitionChecks: readonly Check[] = [
  {
    name: 'addresses: parse, format and fold agree with each other',
    async run(contract) {
      const { parse, format, fold } = await addressesOf(contract);
      for (const local of contract.network.addresses) expect(format(parse(local))).toBe(local);
      const agree = fc.property(locals(contract), (local) => {
        const address = attempt(() => parse(local));
        if (address instanceof Failure) return void expect(address.code).toBe('jid-malformed');
        expect(parse(format(address))).toEqual(address);
        const folded = fold(address);
        expect(fold(folded)).toEqual(folded);
        expect(fold(parse(format(folded)))).toEqual(folded);
        expect(folded.kind).toBe(address.kind);
      });
      fc.assert(agree, { numRuns: 500, examples: STRANGE.map((local): [string] => [local]) });
    },
  },
  {
    name: 'what nobody is asked for is carried all the same, and is not advertised',
    async run({ definition: { mapping } }) {
      const { contact, room } = advertised(mapping, {});
      for (const feature of mapping.facts.unasked ?? []) {
        const levels = [mapping.facts.out, mapping.facts.in].map(
          (side: { readonly [name: string]: Level }) => side[feature],
        );
        expect(
          levels.some((level) => level !== undefined && level !== 'none'),
          feature,
        ).toBe(true);
        expect([...contact, ...room]).not.toContain(feature);
      }
    },
  },
  {
    name: 'what an event costs has a budget',
    async run({ definition, network }) {
      await using wire = await network.open();
      const config = definition.config.parse(wire.settings({ slow: false }));
      const budgets = definition.budgets?.(config).map(({ name }) => name) ?? [];
      for (const text of ['a', 'a'.repeat(1000)]) {
        const charges = definition.charges?.(config, messageTo(wire.person, text)) ?? [];
        expect(budgets).toEqual(expect.arrayContaining(charges.map(({ budget }) => budget)));
        expect(charges.every(({ amount }) => Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
      }
    },
  },
  {
    name: 'settings have defaults, and commands have names of their own',
    async run({ definition, network }) {
      await using wire = await network.open();
      const config = definition.config.parse(wire.settings({ slow: false }));
      for (const schema of Object.values(definition.settings(config))) expect(() => schema.parse({})).not.toThrow();
      // One command may be offered on contacts and in rooms.
      const nodes = definition.commands.map(({ node, on }) => `${on} ${node}`);
      expect(new Set(nodes).size).toBe(nodes.length);
    },
  },
  {
    name: 'what is typed in a room starts one command of rooms',
    async run({ definition }) {
      const typed = definition.commands.flatMap(({ on, typed = [] }) => typed.map((word) => ({ on, word })));
      for (const { on, word } of typed) expect([on, word]).toEqual(['room', expect.stringMatching(/^[^\s/A-Z]+$/)]);
      expect(new Set(typed.map(({ word }) => word)).size).toBe(typed.length);
    },
  },
];

function messageTo(id: string, text: string): Event {
  const bare = 'romeo@xmpp.example' as BareJid;
  const place = { kind: 'contact', account: accountKey(bare, 'net.gw.example'), id } as const;
  const head = { id: newEventId(), at: 0, live: true, place, from: { kind: 'xmpp', bare } } as const;
  return { ...head, kind: 'message', style: 'plain', text };
}

/** The result, or the failure. Anything else is thrown on. */
function attempt<T>(run: () => T): T | Failure {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
