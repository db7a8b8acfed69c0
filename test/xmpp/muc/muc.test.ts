import { describe, expect, it } from 'vitest';
import type { Marks, Recipient } from '#src/core/index.ts';
import type { Event, EventBody } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { addresses, GATEWAY, stanza, VERONA } from '../invented.ts';

const room = `#verona%net@${GATEWAY}`;
const juliet: Occupant = { id: 'juliet', nick: 'Juliet', affiliation: 'none', role: 'participant' };
const nurse: Occupant = { id: 'nurse', nick: 'Nurse', affiliation: 'admin', role: 'moderator' };

const julietReads: Recipient = { jid: 'juliet@a.example/balcony', nick: 'Juliet' };
const romeoReads: Recipient = { jid: 'romeo@a.example/x', nick: 'Romeo' };

const at = Date.UTC(2026, 0, 2, 3, 4, 5);

type Shown = {
  to: string;
  from: string;
  type?: string;
  item?: Record<string, string | undefined>;
  statuses?: string[];
  actor?: string;
  reason?: string;
  status?: string;
};

/** The presences that an event becomes, one per reader, as a reader of the wire sees them. */
function presences(body: EventBody, to: readonly Recipient[], marks?: Marks): Shown[] {
  const event: Event = {
    id: 'e1' as EventId,
    at,
    place: VERONA,
    from: { kind: 'network', id: '' },
    live: true,
    ...body,
  };
  return (encode(event, to, addresses, marks) ?? []).flatMap((sending) => {
    const read = stanza(`<presence>${sending.children.join('')}</presence>`);
    const x = read.getChild('x', 'http://jabber.org/protocol/muc#user');
    const item = x?.getChild('item');
    const shown = {
      from: sending.from,
      ...(sending.type && { type: sending.type }),
      item: { ...item?.attrs },
      statuses: x?.getChildren('status').map(({ attrs }) => attrs.code ?? '') ?? [],
      ...(item?.getChild('actor') && { actor: item.getChild('actor')?.attrs.nick ?? '' }),
      ...(item?.getChild('reason') && { reason: item.getChildText('reason') ?? '' }),
      ...(read.getChild('status') && { status: read.getChildText('status') ?? '' }),
    };
    return sending.to.map((jid) => ({ to: jid, ...shown }));
  });
}

const participant = { affiliation: 'none', role: 'participant' };
const outside = { affiliation: 'none', role: 'none' };

describe('coming in', () => {
  it('shows the others first, and never the reader', () => {
    expect(presences({ kind: 'occupants', list: [nurse, juliet] }, [julietReads])).toEqual([
      { to: julietReads.jid, from: `${room}/Nurse`, item: { affiliation: 'admin', role: 'moderator' }, statuses: [] },
    ]);
    expect(presences({ kind: 'occupants', list: [juliet] }, [julietReads, romeoReads])).toEqual([
      { to: romeoReads.jid, from: `${room}/Juliet`, item: participant, statuses: [] },
    ]);
  });

  it('shows one self with 110, and the marks in order', () => {
    const join: EventBody = { kind: 'occupant', change: 'join', who: juliet };
    expect(presences(join, [julietReads], { statuses: [210] })).toEqual([
      {
        to: julietReads.jid,
        from: `${room}/Juliet`,
        item: { ...participant, jid: julietReads.jid },
        statuses: ['110', '210'],
      },
    ]);
  });

  it('is seen by the others without a status', () => {
    expect(presences({ kind: 'occupant', change: 'join', who: nurse }, [julietReads, romeoReads])).toEqual([
      { to: julietReads.jid, from: `${room}/Nurse`, item: { affiliation: 'admin', role: 'moderator' }, statuses: [] },
      { to: romeoReads.jid, from: `${room}/Nurse`, item: { affiliation: 'admin', role: 'moderator' }, statuses: [] },
    ]);
  });
});

describe('changes', () => {
  const both = [romeoReads, julietReads];

  it('leave: unavailable with the farewell as status, 110 for oneself', () => {
    expect(presences({ kind: 'occupant', change: 'leave', who: juliet, reason: 'adieu' }, both)).toEqual([
      { to: romeoReads.jid, from: `${room}/Juliet`, type: 'unavailable', item: outside, statuses: [], status: 'adieu' },
      {
        to: julietReads.jid,
        from: `${room}/Juliet`,
        type: 'unavailable',
        item: { ...outside, jid: julietReads.jid },
        statuses: ['110'],
        status: 'adieu',
      },
    ]);
  });

  it.each([332, 333])('put out by the service: %i', (code) => {
    const [shown] = presences({ kind: 'occupant', change: 'leave', who: juliet }, [julietReads], { statuses: [code] });
    expect(shown?.statuses).toEqual(['110', String(code)]);
  });

  it('kick: 307 with who did it and why', () => {
    const kick: EventBody = { kind: 'occupant', change: 'kick', who: juliet, by: 'Nurse', reason: 'to <bed>' };
    const seen = { from: `${room}/Juliet`, type: 'unavailable', item: outside, actor: 'Nurse', reason: 'to <bed>' };
    expect(presences(kick, both)).toEqual([
      { to: romeoReads.jid, ...seen, statuses: ['307'] },
      { to: julietReads.jid, ...seen, item: { ...outside, jid: julietReads.jid }, statuses: ['110', '307'] },
    ]);
  });

  it('ban: 301 as an outcast', () => {
    expect(presences({ kind: 'occupant', change: 'ban', who: juliet }, [romeoReads])).toEqual([
      {
        to: romeoReads.jid,
        from: `${room}/Juliet`,
        type: 'unavailable',
        item: { affiliation: 'outcast', role: 'none' },
        statuses: ['301'],
      },
    ]);
  });

  it('rename: the old nick goes with 303, the new one comes', () => {
    const rename: EventBody = { kind: 'occupant', change: 'rename', who: juliet, nick: 'Capulet' };
    const old = { from: `${room}/Juliet`, type: 'unavailable', item: { ...participant, nick: 'Capulet' } };
    const now = { from: `${room}/Capulet`, item: participant };
    expect(presences(rename, both)).toEqual([
      { to: romeoReads.jid, ...old, statuses: ['303'] },
      { to: romeoReads.jid, ...now, statuses: [] },
      { to: julietReads.jid, ...old, item: { ...old.item, jid: julietReads.jid }, statuses: ['110', '303'] },
      { to: julietReads.jid, ...now, item: { ...now.item, jid: julietReads.jid }, statuses: ['110'] },
    ]);
    expect(presences(rename, [julietReads], { statuses: [210] }).map(({ statuses }) => statuses)).toEqual([
      ['110', '303'],
      ['110', '210'],
    ]);
  });

  it('role: presence as before with the new item', () => {
    const who: Occupant = { ...juliet, affiliation: 'member', role: 'visitor' };
    expect(presences({ kind: 'occupant', change: 'role', who }, [romeoReads])).toEqual([
      { to: romeoReads.jid, from: `${room}/Juliet`, item: { affiliation: 'member', role: 'visitor' }, statuses: [] },
    ]);
  });

  it('never show the JID of an occupant to others', () => {
    const own = { ...juliet, account: 'juliet@a.example gw.example' as NonNullable<Occupant['account']> };
    const [shown] = presences({ kind: 'occupant', change: 'join', who: own }, [romeoReads]);
    expect(shown?.item).toEqual(participant);
  });

  it('of somebody whose nick is no resource show a cleaned one', () => {
    const who: Occupant = { ...juliet, nick: 'Ju\u202eliet' };
    const [shown] = presences({ kind: 'occupant', change: 'join', who }, [romeoReads]);
    expect(shown?.from).toMatch(/\/Juliet~[0-9a-f]{6}$/);
  });
});

describe('the subject', () => {
  const topic = (body: EventBody & { kind: 'topic' }) =>
    encode(
      { id: 'e1' as EventId, at, place: VERONA, from: { kind: 'network', id: '' }, live: true, ...body },
      [romeoReads],
      addresses,
    )?.map(({ name, type, from, children }) => [name, type, from, children.join('')]);
  const delay = `<delay xmlns='urn:xmpp:delay' from='${room}' stamp='2026-01-02T03:04:05.000Z'/>`;

  it('comes from whoever set it', () => {
    expect(topic({ kind: 'topic', text: 'Feud & peace', by: 'Nurse' })).toEqual([
      ['message', 'groupchat', `${room}/Nurse`, '<subject>Feud &amp; peace</subject>'],
    ]);
  });

  it('says when it was set if that was earlier', () => {
    expect(topic({ kind: 'topic', text: 'Feud', setAt: at })).toEqual([
      ['message', 'groupchat', room, `<subject>Feud</subject>${delay}`],
    ]);
  });

  it('comes from the room when nobody knows, and empty if there is none', () => {
    expect(topic({ kind: 'topic', text: '' })).toEqual([['message', 'groupchat', room, '<subject></subject>']]);
  });
});
