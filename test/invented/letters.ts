import { build, type Loft, type Person, Refusal, type Room } from './loft.ts';
import type { Letter } from './pigeon/wire.ts';

type Of<T extends Letter['type']> = Extract<Letter, { type: T }>;

/** What the loft does with a letter of a person. It gives the ids of what was told. Throws a `Refusal`. */
export function letterHandlers(loft: Loft, by: string, to: string, tag: string): (letter: Letter) => string[] {
  const tell = (letter: Letter, readers: Iterable<string>) => [loft.tell(by, to, letter, { readers, tag }).id];

  function inside(): Room {
    const room = loft.room(to);
    if (!room.members.has(by)) throw new Refusal('outside', `You are not in ${to}.`);
    return room;
  }

  /** Everybody who is told, but the sender, who knows. */
  function others(): string[] {
    if (to.startsWith('~')) return [...inside().members.keys()].filter((name) => name !== by);
    if (to !== '') return loft.person(to).name === by ? [] : [to];
    return [...loft.people.values()].filter((person: Person) => person.contacts.has(by)).map(({ name }) => name);
  }

  function said(letter: Letter & { of?: string }): string[] {
    if (letter.of !== undefined && !loft.posts.has(letter.of))
      throw new Refusal('unknown', 'There is no such message.');
    return tell(letter, others());
  }

  function changed(letter: Of<'edit'> | Of<'retract'>): string[] {
    const post = loft.posts.get(letter.of);
    const moderated = letter.type === 'retract' && post !== undefined && post.by !== by;
    const ids = said(moderated ? { ...letter, moderated } : letter);
    if (letter.type === 'retract') loft.posts.delete(letter.of);
    else if (post?.letter.type === 'message') post.letter.text = letter.text;
    return ids;
  }

  function occupant(letter: Of<'occupant'>): string[] {
    if (letter.change === 'join') return join(letter);
    const room = inside();
    const who = room.members.get(letter.who.id);
    if (!who) throw new Refusal('unknown', 'Nobody there is called so.');
    const readers = [...room.members.keys()];
    if (letter.change === 'rename') who.nick = letter.nick ?? who.nick;
    else if (letter.change === 'role') who.role = letter.who.role;
    else room.members.delete(who.id);
    if (letter.change === 'ban') room.affiliations.set(who.id, 'outcast');
    return tell({ ...letter, who: { ...who, nick: letter.change === 'rename' ? letter.who.nick : who.nick } }, readers);
  }

  function join({ who, password }: Of<'occupant'>): string[] {
    const room = loft.rooms.get(to) ?? build(loft, to);
    const affiliation = room.affiliations.get(by) ?? (room.members.size === 0 ? 'owner' : 'none');
    if (affiliation === 'outcast') throw new Refusal('banned', 'You are banned there.');
    if (room.password !== undefined && room.password !== password) throw new Refusal('password', 'It is locked.');
    const taken = [...room.members.values()].some(({ id, nick }) => id !== by && nick === who.nick);
    if (taken) throw new Refusal('taken', 'Somebody there is called so.');
    const readers = [...room.members.keys()].filter((name) => name !== by);
    const role = affiliation === 'owner' || affiliation === 'admin' ? 'moderator' : 'participant';
    const fresh = { id: by, nick: who.nick, affiliation, role } as const;
    room.members.set(by, { ...fresh });
    room.affiliations.set(by, affiliation);
    const ids = tell({ type: 'occupant', change: 'join', who: fresh }, readers);
    tell({ type: 'occupants', list: [...room.members.values()].map((one) => ({ ...one })) }, [by]);
    loft.tell(room.topicBy || by, to, room.topic, { readers: [by] });
    return ids;
  }

  function rename(nick: string): string[] {
    const who = inside().members.get(by);
    return who ? occupant({ type: 'occupant', change: 'rename', who: { ...who }, nick }) : [];
  }

  function affiliation(letter: Of<'affiliation'>): string[] {
    const room = inside();
    for (const { id, affiliation: wanted } of letter.changes) {
      room.affiliations.set(id, wanted);
      const who = room.members.get(id);
      if (who) who.affiliation = wanted;
    }
    return tell(letter, room.members.keys());
  }

  function topic({ text }: Of<'topic'>): string[] {
    const room = inside();
    room.topic = { type: 'topic', text, setAt: Date.now() };
    room.topicBy = by;
    return tell({ type: 'topic', text }, room.members.keys());
  }

  function room(letter: Of<'room'>): string[] {
    const { id, members } = inside();
    if (letter.change === 'renamed') loft.room(id).name = letter.text ?? id;
    if (letter.change === 'destroyed') loft.rooms.delete(id);
    if (letter.change === 'listed') loft.room(id).below = letter.below;
    return tell(letter, members.keys());
  }

  function contact(letter: Of<'contact'>): string[] {
    const person = loft.person(by);
    if (letter.action === 'subscribe') person.contacts.add(to);
    if (letter.action === 'unsubscribe') person.contacts.delete(to);
    return tell(letter, others());
  }

  return (letter) => {
    switch (letter.type) {
      case 'edit':
      case 'retract':
        return changed(letter);
      case 'occupant':
        return occupant(letter);
      case 'nick':
        return rename(letter.nick);
      case 'affiliation':
        return affiliation(letter);
      case 'topic':
        return topic(letter);
      case 'room':
        return room(letter);
      case 'contact':
        return contact(letter);
      case 'occupants':
        throw new Refusal('forbidden', 'Only the loft knows who is there.');
      case 'profile':
        loft.person(by).display = letter.name ?? loft.person(by).display;
        if (letter.avatar !== undefined) loft.person(by).avatar = letter.avatar ?? undefined;
        return said(letter);
      default:
        return said(letter);
    }
  };
}
