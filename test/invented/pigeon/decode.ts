import type { Draft, EventBody, FileRef } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { isRoom, placeOf, type View } from './view.ts';
import type { Letter, Post } from './wire.ts';

type WireOccupant = Extract<Letter, { type: 'occupants' }>['list'][number];

/** What a post means; nothing where the operator has switched its kind off. Pure. */
export function decode(post: Post, view: View): Draft[] {
  const body = bodyOf(post, view);
  if ((view.levels.in[body.kind] ?? 'none') === 'none') return [];
  const self = post.by === view.name;
  // A conversation is named after whoever is not us; what is to everybody who knows the sender is from a contact.
  const place = placeOf(isRoom(post.to) || self ? post.to : post.by, view);
  const from = { kind: 'network', id: post.by, name: post.nick ?? post.by, ...(self && { self }) } as const;
  const past = {
    ...(post.late && { live: false }),
    ...(post.shown && place.kind === 'shared' && { seenBy: view.account }),
  };
  return [{ ids: [post.id as ForeignId], at: post.at, ...past, place, from, ...body }];
}

export const occupantOf = (who: WireOccupant, view: View): Occupant => {
  const account = view.ours(who.id);
  return { ...who, ...(account && { account }) };
};

type WireFile = NonNullable<Extract<Letter, { type: 'message' }>['files']>[number];

/** Where a file can be fetched: what the loft keeps is behind a link of ours. */
function fileOf({ kept, url, ...meta }: WireFile, { lend }: View): FileRef[] {
  if (url !== undefined) return [{ url, ...meta }];
  const lent = kept && lend(JSON.stringify(kept), meta);
  return lent ? [lent] : [];
}

function bodyOf({ by: id, nick: by = id, letter }: Post, view: View): EventBody {
  switch (letter.type) {
    case 'message': {
      const { type: kind, of, files, ...rest } = letter;
      return {
        kind,
        ...rest,
        ...(files && { files: files.flatMap((file) => fileOf(file, view)) }),
        ...(of !== undefined && { replyTo: of as ForeignId }),
      };
    }
    case 'edit':
      return { kind: 'edit', target: letter.of as ForeignId, text: letter.text };
    case 'retract':
      return {
        kind: 'retract',
        target: letter.of as ForeignId,
        ...(letter.moderated && { by }),
        ...(letter.reason !== undefined && { reason: letter.reason }),
      };
    case 'react':
      return { kind: 'reaction', target: letter.of as ForeignId, emoji: letter.emoji };
    case 'receipt':
      return {
        kind: 'receipt',
        target: letter.of as ForeignId,
        state: letter.state,
        ...(letter.upTo !== undefined && { upTo: letter.upTo }),
      };
    case 'ring':
      return { kind: 'attention' };
    case 'nick':
      return { kind: 'nick', wanted: letter.nick };
    case 'topic':
      return { kind: 'topic', text: letter.text, by, ...(letter.setAt !== undefined && { setAt: letter.setAt }) };
    case 'occupant': {
      const { type: kind, who, password: _, ...rest } = letter;
      const forced = rest.change === 'kick' || rest.change === 'ban' || rest.change === 'role';
      return { kind, ...rest, who: occupantOf(who, view), ...(forced && { by }) };
    }
    case 'occupants':
      return { kind: 'occupants', list: letter.list.map((who) => occupantOf(who, view)) };
    default: {
      // The other kinds are spelt alike on both sides.
      const { type: kind, ...rest } = letter;
      return { kind, ...rest } as EventBody;
    }
  }
}
