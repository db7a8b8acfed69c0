import { describe, expect, it } from 'vitest';
import type { BareJid } from '#src/model/ids.ts';
import { openPrivileges } from '#src/xmpp/peers/privileges.ts';
import { originOf } from '#src/xmpp/stanza/decode.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import { stanza } from '../invented.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const BLOCKING = 'urn:xmpp:blocking';
const DOMAIN = 'irc.localhost';
const ALICE = { user: 'alice@localhost' as BareJid, transport: DOMAIN };

/** What each server says of everything that it can grant, as it was seen. */
const ADVERTISED = {
  'Prosody 0.12': `<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/><perm access='message' type='outgoing'/><perm access='presence' type='roster'/>
    <perm access='iq'><namespace ns='${PUBSUB}' type='both'><namespace ns='${BLOCKING}' type='get'/></namespace></perm></privilege>`,
  'Prosody 13': `<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/><perm access='message' type='outgoing'/><perm access='presence' type='managed_entity'/>
    <perm access='iq'><namespace ns='${PUBSUB}' type='both'/><namespace ns='${BLOCKING}' type='get'/></perm></privilege>`,
  'ejabberd 23.01': `<privilege xmlns='urn:xmpp:privilege:1'><perm access='roster' type='both'/><perm access='message' type='outgoing'/><perm access='presence' type='roster'/></privilege>`,
} as const;

const said = (privilege: string) => stanza(`<message from='localhost' to='${DOMAIN}'>${privilege}</message>`);

/** The rights with a server that answers each request in the way given. */
function open(answer: (ask: Ask) => string = () => '') {
  const asked: Ask[] = [];
  const link = {
    request: async (ask: Ask) => {
      asked.push(ask);
      return stanza(answer(ask));
    },
  };
  const privileges = openPrivileges(new Map([[DOMAIN, link]]));
  const tell = (privilege: string): boolean => {
    const message = said(privilege);
    return privileges.takes(message, originOf(message, 'localhost', DOMAIN));
  };
  return { privileges, asked, tell };
}

describe('what servers say of our rights', () => {
  it.each(Object.entries(ADVERTISED))('is read from %s', (name, privilege) => {
    const { privileges, tell } = open();
    expect(tell(privilege)).toBe(true);
    const grant = privileges.of(ALICE);
    const iqs = name !== 'ejabberd 23.01';
    expect(grant).toMatchObject({
      messages: true,
      presence: true,
      namespace: iqs ? 'urn:xmpp:privilege:2' : 'urn:xmpp:privilege:1',
    });
    expect([grant?.roster('get'), grant?.roster('set')]).toEqual([true, true]);
    expect([grant?.iq(PUBSUB, 'set'), grant?.iq(BLOCKING, 'get'), grant?.iq(BLOCKING, 'set')]).toEqual([
      iqs,
      iqs,
      false,
    ]);
    expect(privileges.of({ ...ALICE, transport: 'sms.localhost' })).toBeUndefined();
    expect(privileges.of({ ...ALICE, user: 'alice@elsewhere' as BareJid })).toBeUndefined();
  });

  it('is nothing where a server names all rights without giving one', () => {
    const { privileges, tell } = open();
    const none = ['roster', 'message', 'presence'].map((access) => `<perm access='${access}' type='none'/>`).join('');
    tell(`<privilege xmlns='urn:xmpp:privilege:2'>${none}</privilege>`);
    expect(privileges.of(ALICE)).toBeUndefined();
  });

  it('holds until it says otherwise, and no longer than the link', () => {
    const { privileges, tell } = open();
    tell(ADVERTISED['Prosody 13']);
    tell(`<privilege xmlns='urn:xmpp:privilege:2'><perm access='message' type='outgoing'/></privilege>`);
    expect(privileges.of(ALICE)).toMatchObject({ messages: true, presence: false });
    privileges.drop(DOMAIN);
    expect(privileges.of(ALICE)).toBeUndefined();
  });

  it('is remembered of so many servers, and nothing of those that took it back', () => {
    const { privileges, tell } = open();
    const hear = (domain: string, privilege: string): void => {
      const message = stanza(`<message from='${domain}' to='${DOMAIN}'>${privilege}</message>`);
      privileges.takes(message, originOf(message, domain, DOMAIN));
    };
    tell(ADVERTISED['Prosody 13']);
    for (let each = 1; each <= 1000; each++) hear(`s${each}.example`, ADVERTISED['Prosody 13']);
    const at = (domain: string) => privileges.of({ user: `mallory@${domain}` as BareJid, transport: DOMAIN });
    expect([at('s999.example') !== undefined, at('s1000.example')]).toEqual([true, undefined]);
    expect(privileges.of(ALICE)).toBeDefined();
    const presence = stanza(`<presence from='alice@localhost/x' to='${DOMAIN}'/>`);
    privileges.takes(presence, originOf(presence, 'alice@localhost/x', DOMAIN));
    const none = `<privilege xmlns='urn:xmpp:privilege:2'><perm access='presence' type='none'/></privilege>`;
    tell(none);
    expect(privileges.shows(ALICE)).toBe(false);
  });

  it('is believed of the server alone', () => {
    const { privileges } = open();
    const message = stanza(`<message from='mallory@localhost/x' to='${DOMAIN}'>${ADVERTISED['Prosody 13']}</message>`);
    expect(privileges.takes(message, originOf(message, 'mallory@localhost/x', DOMAIN))).toBe(false);
    expect(privileges.of(ALICE)).toBeUndefined();
  });
});

describe('requests in the name of a user', () => {
  const question = { namespace: BLOCKING, type: 'get', payload: xml`<blocklist xmlns='urn:xmpp:blocking'/>` } as const;
  const wrapped = (inner: string): string =>
    `<iq type='result' from='alice@localhost' to='${DOMAIN}' id='1'><privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></privilege></iq>`;

  it('have two addresses that are not spelt alike', async () => {
    const { privileges, tell, asked } = open(() =>
      wrapped(
        `<iq xmlns='jabber:client' type='result' id='1'><blocklist xmlns='${BLOCKING}'><item jid='x'/></blocklist></iq>`,
      ),
    );
    tell(ADVERTISED['Prosody 13']);
    const answer = await privileges.ask(ALICE, question);
    expect(answer?.getChild('item')?.attrs.jid).toBe('x');
    expect(asked[0]?.to).toBe('alice@LOCALHOST');
    expect(String(asked[0]?.payload)).toContain("to='alice@localhost'");
  });

  it.each([
    [
      'outside',
      `<iq type='error' from='alice@localhost' to='${DOMAIN}' id='1'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
    ],
    ['inside', wrapped(`<iq xmlns='jabber:client' type='error' id='1'><error type='cancel'/></iq>`)],
    ['with nothing inside', `<iq type='result' from='alice@localhost' to='${DOMAIN}' id='1'/>`],
  ])('fail where the answer is an error %s', async (_, answer) => {
    const { privileges, tell } = open(() => answer);
    tell(ADVERTISED['Prosody 13']);
    await expect(privileges.ask(ALICE, question)).rejects.toThrow(/refused/);
  });

  it('are not made where they are not granted', async () => {
    const { privileges, tell, asked } = open();
    tell(ADVERTISED['ejabberd 23.01']);
    await expect(privileges.ask(ALICE, question)).rejects.toThrow(/does not let us/);
    expect(asked).toEqual([]);
  });
});
