import { texts } from '#bridges/sms/texts/catalogue.ts';
import { Failure } from '#src/model/failure.ts';

/** Entries of a page: the service gives up to 1000, and an answer is read only so far (`twilio-http.ts`). */
export const PAGE = 200;
/** The most pages of one list that are read: who answers without end is not listened to for ever. */
export const MOST_PAGES = 50;

/** A page as the SDK gives it. */
export type ListPage<T> = {
  readonly instances: readonly T[];
  readonly nextPageUrl?: string;
  nextPage(): Promise<ListPage<T>> | undefined;
};

/**
 * The entries of a list, the newest first, up to the page on which all are older than is wanted. Rejects with a
 * `Failure` where the end is not reached: what is not in the part that was read may be in the rest.
 */
export async function readPages<T>(first: Promise<ListPage<T>>, old: (entry: T) => boolean): Promise<readonly T[]> {
  const found: T[] = [];
  let page: ListPage<T> | undefined = await first;
  for (let count = 1; page; count++) {
    found.push(...page.instances);
    if (page.instances.length > 0 && page.instances.every(old)) break;
    if (page.nextPageUrl !== undefined && count === MOST_PAGES)
      throw new Failure('too-large', { text: texts.endlessList, certain: false });
    page = await page.nextPage();
  }
  return found;
}
