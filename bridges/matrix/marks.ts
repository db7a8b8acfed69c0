import { type Json, textOf } from './wire/event.ts';

/** The field by which an event is found again of which it is not known whether it went. */
export const MARK = 'org.isthmus.id';

/** Whether a gateway has written it: a device that is logged in anew has other transactions. */
export const isWritten = (content: Json): boolean => textOf(content[MARK]) !== undefined;
