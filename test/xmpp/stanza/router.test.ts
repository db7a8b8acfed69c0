import { describe, expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { route } from '#src/xmpp/stanza/router.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { GATEWAY, ROMEO, ROMEO_X, stanza, surroundings } from '../invented.ts';

const PING = "<ping xmlns='urn:xmpp:ping'/>";
const VERSION = "<query xmlns='jabber:iq:version'/>";
const room = `#verona%net@${GATEWAY}`;

type Asking = { readonly to?: string; readonly inside?: string; readonly type?: string; readonly from?: string };

/** The answer's XML, or the code of the failure. */
async function ask({ to = GATEWAY, inside = PING, type = 'get', from = ROMEO_X }: Asking, core = {}): Promise<string> {
  const iq = stanza(`<iq from='${from}' to='${to}' type='${type}' id='1'>${inside}</iq>`);
  try {
    return String((await route(iq, surroundings({ core }))) ?? '');
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe('requests', () => {
  it.each([
    ['no id', `<iq from='${ROMEO_X}' to='${GATEWAY}' type='get'>${PING}</iq>`],
    ['an empty id', `<iq from='${ROMEO_X}' to='${GATEWAY}' type='get' id=''>${PING}</iq>`],
    ['no type', `<iq from='${ROMEO_X}' to='${GATEWAY}' id='1'>${PING}</iq>`],
    ['an unknown type', `<iq from='${ROMEO_X}' to='${GATEWAY}' id='1' type='want'>${PING}</iq>`],
    ['no payload', `<iq from='${ROMEO_X}' to='${GATEWAY}' type='get' id='1'> </iq>`],
    ['two payloads', `<iq from='${ROMEO_X}' to='${GATEWAY}' type='get' id='1'>${PING}${VERSION}</iq>`],
  ])('with %s make no sense', (_, text) => {
    expect(() => route(stanza(text), surroundings())).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it.each([
    ['an unknown get', { inside: "<query xmlns='urn:unknown'/>" }, 'service-unavailable'],
    ['an unknown set', { type: 'set', inside: "<query xmlns='urn:unknown'/>" }, 'service-unavailable'],
    ['a set of what can only be got', { type: 'set' }, 'service-unavailable'],
    ['the right name in another namespace', { inside: "<ping xmlns='urn:other'/>" }, 'service-unavailable'],
    ['a malformed address', { to: `%net@${GATEWAY}` }, 'jid-malformed'],
    ['a room written otherwise', { to: `#VERONA%net@${GATEWAY}` }, 'gone'],
  ])('%s is refused', async (_, asking, code) => {
    expect(await ask(asking)).toBe(code);
  });

  it('reads a payload with a prefix', async () => {
    expect(await ask({ inside: "<p:ping xmlns:p='urn:xmpp:ping'/>" })).toBe('');
  });
});

describe('XEP-0199 and XEP-0410', () => {
  it.each([GATEWAY, `net@${GATEWAY}`, `juliet%net@${GATEWAY}`, room, `${room}/Romeo`])('%s answers', async (to) => {
    expect(await ask({ to })).toBe('');
  });

  it.each([
    ['a room that one is not in', { to: `#padua%net@${GATEWAY}` }, 'not-joined'],
    ['an occupant of a room that one is not in', { to: `#padua%net@${GATEWAY}/Romeo` }, 'not-joined'],
    ['oneself from a resource that is not in the room', { to: `${room}/Romeo`, from: `${ROMEO}/y` }, 'not-joined'],
    ['another occupant', { to: `${room}/Juliet` }, 'service-unavailable'],
    ['a nick that nobody has', { to: `${room}/Mercutio` }, 'item-not-found'],
  ])('%s is refused', async (_, asking, code) => {
    expect(await ask(asking)).toBe(code);
  });
});

describe('XEP-0092', () => {
  it.each([GATEWAY, `net@${GATEWAY}`, room])('%s says what it is', async (to) => {
    expect(await ask({ to, inside: VERSION })).toBe(
      "<query xmlns='jabber:iq:version'><name>Isthmus</name><version>1.2.3</version></query>",
    );
  });

  it('a person does not', async () => {
    expect(await ask({ to: `juliet%net@${GATEWAY}`, inside: VERSION })).toBe('service-unavailable');
  });
});

describe('strangers', () => {
  const core = { permitted: () => false };

  it('may ask the gateway what it is', async () => {
    expect(await ask({}, core)).toBe('');
    expect(await ask({ inside: VERSION }, core)).toContain('<version>');
  });

  it.each([`net@${GATEWAY}`, `juliet%net@${GATEWAY}`, room, `${room}/Romeo`])('may not ask %s', async (to) => {
    expect(await ask({ to }, core)).toBe('not-on-list');
  });
});

describe('the list of extensions', () => {
  it('names each specification once, with the version that was read', () => {
    const numbers = extensions.map(({ xep }) => xep.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const { xep } of extensions) {
      expect(xep.number).toMatch(/^\d{4}$/);
      expect(xep.version).toMatch(/^\d+\.\d+(\.\d+)?$/);
    }
  });
});
