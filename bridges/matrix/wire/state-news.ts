import type { EventBody, OccupantChange } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { type RoomEvent, textOf } from './event.ts';
import { isId, localOf } from './ids.ts';
import { applyState, joined, type MatrixRoom, nickOf, occupantOf, titleOf } from './room.ts';

type Ours = (user: string) => AccountKey | undefined;

/** Takes a state event in, and says what those who are in the room hear of it. */
export function stateNews(room: MatrixRoom, event: RoomEvent, ours: Ours): readonly EventBody[] {
  if (event.type === 'm.room.member') return memberNews(room, event, ours);
  if (event.type === 'm.room.power_levels') return levelNews(room, event, ours);
  const before = { title: titleOf(room), topic: room.topic?.text };
  applyState(room, event);
  if (event.stateKey !== '') return [];
  if (event.type === 'm.room.topic') return topicNews(room, before.topic);
  if (event.type === 'm.room.tombstone') return tombstoneNews(room, event);
  const title = titleOf(room);
  const named = event.type === 'm.room.name' || event.type === 'm.room.canonical_alias';
  return named && title !== before.title ? [{ kind: 'room', change: 'renamed', text: title }] : [];
}

function topicNews(room: MatrixRoom, before: string | undefined): EventBody[] {
  const { topic } = room;
  const by = topic && (nickOf(room, topic.by) ?? topic.by);
  return !topic || topic.text === before ? [] : [{ kind: 'topic', text: topic.text, by: by ?? '', setAt: topic.at }];
}

/** A room that leads to itself, or to nothing, has ended. */
function tombstoneNews({ id, successor }: MatrixRoom, { content }: RoomEvent): EventBody[] {
  const text = textOf(content.body);
  const alternate = successor?.startsWith('!') && isId(successor) && successor !== id ? localOf(successor) : undefined;
  return [
    {
      kind: 'room',
      change: 'destroyed',
      ...(text !== undefined && { text }),
      ...(alternate !== undefined && { alternate }),
    },
  ];
}

function levelNews(room: MatrixRoom, event: RoomEvent, ours: Ours): EventBody[] {
  const before = new Map(joined(room).map((member) => [member.user, occupantOf(room, member, ours)]));
  applyState(room, event);
  return joined(room).flatMap((member) => {
    const who = occupantOf(room, member, ours);
    const old = before.get(member.user);
    if (old?.affiliation === who.affiliation && old.role === who.role) return [];
    return [{ kind: 'occupant', change: 'role', who, by: nickOf(room, event.sender) ?? event.sender } as const];
  });
}

function memberNews(room: MatrixRoom, event: RoomEvent, ours: Ours): EventBody[] {
  const { stateKey: user = '', sender, content } = event;
  const known = room.members.get(user);
  const was = known?.membership === 'join' ? occupantOf(room, known, ours) : undefined;
  applyState(room, event);
  const member = room.members.get(user);
  const now = member?.membership === 'join' ? occupantOf(room, member, ours) : undefined;
  if (now && !was) return [{ kind: 'occupant', change: 'join', who: now }];
  if (now && was) return renamed(was, now);
  if (!was) return [];
  const reason = textOf(content.reason);
  const forced = sender !== user;
  const change = textOf(content.membership) === 'ban' ? 'ban' : forced ? 'kick' : 'leave';
  return [
    {
      kind: 'occupant',
      change,
      who: was,
      ...(reason !== undefined && reason !== '' && { reason }),
      ...(forced && { by: nickOf(room, sender) ?? sender }),
    },
  ];
}

const renamed = (was: Occupant, now: Occupant): OccupantChange[] =>
  was.nick === now.nick ? [] : [{ kind: 'occupant', change: 'rename', who: was, newId: now.id, nick: now.nick }];
