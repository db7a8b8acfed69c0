import type { Marks, Origin } from '#src/core/index.ts';
import type { Amending } from '#src/core/journal/amend.ts';
import { failureFrom } from '#src/core/store-away.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { XmppId } from '#src/model/ids.ts';
import { placeKey } from '#src/model/place.ts';

/** Whether a draft changes a message between people, which may still wait for its network. */
export const amends = (draft: Draft): draft is Amending =>
  (draft.kind === 'edit' || draft.kind === 'retract') && draft.place.kind === 'contact';

/** The lane in which what goes to a place is put in order. */
export const laneOf = ({ place }: Pick<Draft, 'place'>): string => `out ${placeKey(place)}`;

export const inRoom = ({ place }: Pick<Draft, 'place'>): boolean => place.kind === 'shared' || place.kind === 'room';

/** What a stanza was called by its sender. */
export const marksOf = ({ id, originId }: Origin): Marks => ({
  ...(id !== undefined && { id: id as XmppId }),
  ...(originId !== undefined && { originId }),
});

export const asFailure = (error: unknown): Failure => failureFrom(error) ?? new Failure('internal', { cause: error });
