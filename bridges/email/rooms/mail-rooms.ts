import type { OwnSender } from '#bridges/email/out/prepare.ts';
import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { Delivered, Outcome } from '#src/bridge.ts';
import type { Draft, Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply } from '#src/model/query.ts';
import type { MailGroup } from './group.ts';
import type { GroupBook } from './group-book.ts';
import { namesOf, occupantOf } from './group-mails.ts';
import type { ReplyAll } from './reply-all.ts';

/** Threads with several as rooms (DESIGN §4: the network holds the membership, and there is no session). */
export type MailRooms = {
  deliver(event: Event, by?: OwnSender): Promise<Delivered>;
  deliverTogether(events: readonly Event[], by?: OwnSender): Promise<readonly Outcome[]>;
  ask(query: Query): Promise<Reply | undefined>;
  /** Fails what is sent from now on, and resolves when nothing is on its way. */
  close(): Promise<void>;
};

const NOTED: Delivered = { ids: [], state: 'taken' };
type Room = Extract<Place, { kind: 'room' }>;

const fromRoom = (place: Room) => ({ place, from: { kind: 'network', id: '' } }) as const;

export function openMailRooms(transport: EmailTransport, book: GroupBook, replyAll: ReplyAll): MailRooms {
  const { host, alone } = transport;
  const busy = new Set<Promise<unknown>>();
  let closing = false;

  function sent(events: readonly Event[], by?: OwnSender): Promise<readonly Delivered[]> {
    if (closing) throw new Failure('stopping');
    const work = replyAll.send(events, by);
    const done = work.then(
      () => undefined,
      () => undefined,
    );
    busy.add(done);
    void done.then(() => busy.delete(done));
    return work;
  }

  /** Changes the thread of a room that its user has opened. Rejects with the `Failure` of whose it is not. */
  const changed = (place: Room, change: (group: MailGroup) => { group: MailGroup; drafts: Draft[] }): Promise<void> =>
    alone(place.account, place.id, async () => {
      const { group, drafts } = change(await opened(book, place));
      await host.emit(drafts, book.write(place.account, place.id, group));
    });

  /** Only who has opened the thread may come in. */
  const enter = (place: Room, nick: string): Promise<void> =>
    changed(place, (group) => {
      if (group.people.some((one) => one.nick.toLowerCase() === nick.toLowerCase())) throw new Failure('nick-conflict');
      const list = [ownOccupant(place.account, nick), ...group.people.map(occupantOf)];
      return {
        group: { ...group, nick },
        drafts: [
          { ...fromRoom(place), kind: 'occupants', list },
          { ...fromRoom(place), kind: 'topic', text: group.subject },
        ],
      };
    });

  const quit = (place: Room): Promise<void> =>
    changed(place, (group) => ({ group: { ...group, open: false }, drafts: [] }));

  const rename = (place: Room, { text }: EventOf<'topic'>): Promise<void> =>
    changed(place, (group) => ({
      group: { ...group, subject: text },
      drafts: [{ ...fromRoom(place), kind: 'topic', text, by: group.nick }],
    }));

  async function deliver(event: Event, by?: OwnSender): Promise<Delivered> {
    const { place } = event;
    if (place.kind !== 'room') throw new Failure('not-supported');
    if (event.kind === 'message') return (await sent([event], by))[0] ?? NOTED;
    if (event.kind === 'topic') await rename(place, event);
    else if (event.kind === 'occupant' && event.change === 'join') await enter(place, event.who.nick);
    else if (event.kind === 'occupant' && event.change === 'leave') await (event.forGood ? quit(place) : undefined);
    else throw new Failure('not-supported');
    return NOTED;
  }

  return {
    deliver,
    deliverTogether: async (events, by) => sent(events, by),
    async ask(query) {
      if (!('place' in query) || query.place.kind !== 'room') return undefined;
      const { place } = query;
      const group = await opened(book, place);
      const list = [ownOccupant(place.account, group.nick), ...group.people.map(occupantOf)];
      if (query.kind === 'occupants') return { kind: 'occupants', list, count: list.length };
      if (query.kind !== 'room') return undefined;
      const name = group.subject || namesOf(group.people);
      return { kind: 'room', name, topic: group.subject, occupants: list.length, traits: ['members-only', 'hidden'] };
    },
    async close() {
      closing = true;
      await Promise.all(busy);
    },
  };
}

/** The thread of a room that its user has opened. Rejects with the `Failure` of who may not come in. */
async function opened(book: GroupBook, { account, id }: Room): Promise<MailGroup> {
  const group = await book.get(account, id);
  if (!group?.open) throw new Failure('members-only', { text: texts.notYourThread });
  return group;
}

const ownOccupant = (account: AccountKey, nick: string): Occupant => ({
  ...{ id: '', nick, affiliation: 'member', role: 'participant', account },
});

/** Opens the last thread with several in which somebody has written, and resolves with its address and who is in it. */
export async function openThread(
  { host, alone }: Pick<EmailTransport, 'host' | 'alone'>,
  book: GroupBook,
  { account, their }: { account: AccountKey; their: string },
): Promise<{ readonly id: string; readonly people: string } | undefined> {
  const messageId = await book.lastOf(account, their);
  const last = messageId === undefined ? undefined : await book.mail(account, messageId);
  if (!last) return undefined;
  const { group: id, by, said = '', at } = last;
  return alone(account, id, async () => {
    const group = await book.get(account, id);
    if (!group) return undefined;
    const place = { kind: 'room', account, id } as const;
    const text = group.subject || namesOf(group.people);
    const { nick } = group.people.find(({ address }) => address === by) ?? { nick: by };
    const before: Draft = {
      ...{ place, from: { kind: 'network', id: by, name: nick }, ids: [messageId as ForeignId], live: false },
      ...(at !== undefined && { at }),
      ...{ kind: 'message', style: 'plain', text: said },
    };
    // Whoever is told of it comes in at once.
    await host.emit([], book.write(account, id, { ...group, open: true }));
    await host.emit([
      { ...fromRoom(place), kind: 'room', change: 'listed', text, unread: said === '' ? 0 : 1 },
      ...(said === '' ? [] : [before]),
    ]);
    return { id, people: namesOf(group.people) };
  });
}
