import { expect, it } from 'vitest';
import { irc as table } from '#mappings/irc.ts';
import { withoutCapabilities } from '#mappings/irc-capabilities.ts';
import { addresses } from '../invented/pigeon/addresses.ts';
import { plainTransport } from '../transports.ts';

/** A server without capabilities. */
const irc = { ...table, facts: { ...table.facts, out: withoutCapabilities } };

it('what is advertised follows what is carried at a place now, and is the same record for the same', () => {
  const transport = plainTransport({ domain: 'gw.example', mapping: irc, addresses });
  const { facts } = irc;
  expect(transport.advertise(facts)).toBe(transport.advertised);
  expect(transport.advertised.unseen).toContain('reaction');
  expect(transport.advertised.room).not.toContain('typing');
  // A server that has reactions and typing.
  const rich = { ...facts, out: { ...facts.out, reaction: 'full', typing: 'full' } } as const;
  const more = transport.advertise(rich);
  expect(more.unseen).not.toContain('reaction');
  expect(more.room).toEqual(expect.arrayContaining(['reaction', 'typing']));
  expect(transport.advertise({ ...rich })).toBe(more);
});
