import type { Core } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import { eventOf, type OwedRow } from '#src/core/journal/rows.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Event } from '#src/model/event.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { spoken, type Words } from '#src/model/language.ts';
import { isRoom } from '#src/model/place.ts';

export type NoticeContext = {
  readonly display: Pick<Display, 'owe' | 'show'>;
  readonly languages: Pick<Core['languages'], 'of'>;
  readonly rooms: Pick<Rooms, 'reader'>;
  now(): number;
};

/** A word to the client that has written, from where it was written to: nobody else reads it. */
export function notice({ display, now, languages, rooms }: NoticeContext, row: OwedRow, words: Words): void {
  const { place } = eventOf(row);
  if (!row.piece || (place.kind !== 'contact' && !isRoom(place))) return;
  const from = { kind: 'network', id: place.kind === 'contact' ? place.id : '' } as const;
  const { origin } = row.piece;
  const said = spoken(words, languages.of(row.account as AccountKey, origin.language));
  const head = { id: newEventId(), at: now(), place, from, live: true, hints: { private: true, copy: false } };
  const told: Event = { ...head, kind: 'message', ...said, style: 'plain' };
  if (row.kept) display.owe(told.id);
  display.show(told, [rooms.reader(place, origin.from) ?? { jid: origin.from }]);
}
