import type { Element } from 'ltx';
import { describe, expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import type { BareJid } from '#src/model/ids.ts';
import { route } from '#src/xmpp/stanza/router.ts';
import { GATEWAY, ROMEO, ROMEO_X, type Scene, stanza, surroundings, transport } from './invented.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const MUC = 'http://jabber.org/protocol/muc';
const room = `#verona%net@${GATEWAY}`;

type Asking = { readonly to?: string; readonly from?: string; readonly node?: string; readonly scene?: Scene };

async function query(
  namespace: string,
  { to = GATEWAY, from = ROMEO_X, node, scene }: Asking,
): Promise<Element | string> {
  const payload = `<query xmlns='${namespace}'${node === undefined ? '' : ` node='${node}'`}/>`;
  const iq = stanza(`<iq from='${from}' to='${to}' type='get' id='1'>${payload}</iq>`);
  try {
    return stanza(`<iq>${await route(iq, surroundings(scene))}</iq>`).getChild('query', namespace) ?? 'nothing';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

async function info(asking: Asking) {
  const found = await query(INFO, asking);
  if (typeof found === 'string') return { code: found };
  return {
    identities: found
      .getChildren('identity')
      .map(({ attrs: { category, type, name } }) => `${category}/${type} ${name}`),
    features: found.getChildren('feature').map(({ attrs }) => attrs.var),
    form: Object.fromEntries(
      (found.getChild('x', 'jabber:x:data')?.getChildren('field') ?? []).map((field) => [
        field.attrs.var,
        field.getChildText('value'),
      ]),
    ),
  };
}

async function items(asking: Asking) {
  const found = await query(ITEMS, asking);
  if (typeof found === 'string') return found;
  return found.getChildren('item').map(({ attrs: { jid, name } }) => `${jid} ${name}`);
}

describe('disco#info', () => {
  it('of the gateway: a gateway, and a conference where there are rooms', async () => {
    const { identities, features } = await info({});
    expect(identities).toEqual(['gateway/x-net The Net', 'conference/text The Net']);
    const gateway = ['jabber:iq:register', 'jabber:iq:gateway', 'http://jabber.org/protocol/commands', 'urn:xmpp:bob'];
    expect(features).toEqual([
      INFO,
      ITEMS,
      MUC,
      'jabber:iq:version',
      'jabber:iq:last',
      'jid\\20escaping',
      'urn:xmpp:ping',
      ...gateway,
    ]);
  });

  it('of a gateway without rooms: no conference', async () => {
    const { identities, features } = await info({ scene: { facts: { transport: transport({ rooms: 'none' }) } } });
    expect(identities).toEqual(['gateway/x-net The Net']);
    expect(features).not.toContain(MUC);
  });

  it('of a realm: a conference and a gateway by its name', async () => {
    const { identities, features } = await info({ to: `net@${GATEWAY}` });
    expect(identities).toEqual(['conference/text net', 'gateway/x-net net']);
    expect(features).not.toContain(MUC);
    expect(features).toContain('urn:xmpp:ping');
  });

  it('of a room: a conference with its occupants, and its subject for those who are in it', async () => {
    const { identities, features, form } = await info({ to: room });
    expect(identities).toEqual(['conference/text #verona']);
    expect(features).toEqual(
      expect.arrayContaining([
        MUC,
        'muc_public',
        'muc_semianonymous',
        `${MUC}#stable_id`,
        `${MUC}#self-ping-optimization`,
      ]),
    );
    expect(form).toEqual({
      FORM_TYPE: `${MUC}#roominfo`,
      'muc#roominfo_occupants': '2',
      'muc#roominfo_subject': 'Feud <1>',
    });
    const outside = await info({ to: room, from: `${ROMEO}/y` });
    expect(outside.form).toEqual({});
    expect(outside.features).not.toContain('muc_public');
  });

  it('of a room that nobody here is in: a conference without facts', async () => {
    expect(await info({ to: `#padua%net@${GATEWAY}` })).toMatchObject({
      identities: ['conference/text #padua'],
      form: {},
    });
  });

  it('of whom reactions reach on a network that limits them: the limits', async () => {
    const given = transport({ said: { contact: ['reaction'], room: ['reaction'], unseen: ['reaction'] } });
    const { mapping } = given;
    const reactions = { most: 1, among: ['💘', '💜'] };
    const limited = { ...given, mapping: { ...mapping, facts: { ...mapping.facts, reactions } } };
    const scene: Scene = { facts: { transport: limited } };
    const form = {
      FORM_TYPE: 'urn:xmpp:reactions:0:restrictions',
      max_reactions_per_user: '1',
      allowlist: '💘',
    };
    expect((await info({ to: `juliet%net@${GATEWAY}`, scene })).form).toEqual(form);
    expect((await info({ scene })).form).not.toHaveProperty('allowlist');
    // In a room they are seen by its own.
    expect((await info({ to: room, scene })).form).toMatchObject({ FORM_TYPE: `${MUC}#roominfo` });
    expect((await info({ to: `juliet%net@${GATEWAY}` })).form).toEqual({});
  });

  it('of a person: an account', async () => {
    expect((await info({ to: `juliet%net@${GATEWAY}` })).identities).toEqual([
      'account/registered juliet',
      'pubsub/pep undefined',
    ]);
  });

  it('of an occupant: an account, for those who are in the room', async () => {
    expect((await info({ to: `${room}/Juliet` })).identities).toEqual(['account/registered Juliet']);
    expect(await info({ to: `${room}/Mercutio` })).toEqual({ code: 'item-not-found' });
    expect(await info({ to: `${room}/Juliet`, from: `${ROMEO}/y` })).toEqual({ code: 'bad-request' });
  });

  it('of an unknown node: not found', async () => {
    expect(await info({ node: 'x' })).toEqual({ code: 'item-not-found' });
    expect(await items({ node: 'x' })).toBe('item-not-found');
  });

  it('of the gateway is for strangers too', async () => {
    const scene: Scene = { core: { permitted: () => false } };
    expect((await info({ scene })).identities).toHaveLength(2);
    expect(await info({ scene, to: room })).toEqual({ code: 'not-on-list' });
  });
});

describe('disco#items', () => {
  it('of the gateway are the realms that the asker sees', async () => {
    expect(await items({})).toEqual([`net@${GATEWAY} net`, `o\\27net@${GATEWAY} o'net`]);
    const realms = (_: string, user: BareJid) => (user === ROMEO ? [''] : []);
    expect(await items({ scene: { core: { realms } } })).toEqual([]);
    expect(await items({ scene: { core: { permitted: () => false } } })).toEqual([]);
  });

  it('of a room are its occupants, for those who are in it', async () => {
    expect(await items({ to: room })).toEqual([`${room}/Romeo Romeo`, `${room}/Juliet Juliet`]);
    expect(await items({ to: room, from: `${ROMEO}/y` })).toEqual([]);
  });

  it('of a realm, a person and an occupant are none', async () => {
    expect(await items({ to: `net@${GATEWAY}` })).toEqual([]);
    expect(await items({ to: `juliet%net@${GATEWAY}` })).toEqual([]);
    expect(await items({ to: `${room}/Juliet` })).toEqual([]);
  });
});
