import type { ListResponse } from 'imapflow';

type Listed = Pick<ListResponse, 'path' | 'delimiter' | 'flags'>;

/** RFC 9051 §7.3.1: nothing lies in it, or there is none. */
const EMPTY = ['\\noselect', '\\nonexistent'];

/**
 * The folder that a user means: by its name as the server has it, else in any case, with a slash between the names of folders whatever
 * the server has there, and without the inbox where all others lie in it (RFC 2342). Nothing for one that has no mails. Pure.
 */
export function folderNamed<F extends Listed>(listed: readonly F[], name: string): F | undefined {
  const readable = listed.filter(({ flags }) => ![...flags].some((flag) => EMPTY.includes(flag.toLowerCase())));
  const wanted = folded(name);
  return (
    readable.find(({ path }) => path === name) ??
    readable.find((one) => folded(one.path) === wanted || nameOf(one) === wanted) ??
    readable.find((one) => nameOf(one) === `inbox/${wanted}`)
  );
}

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

const nameOf = ({ path, delimiter }: Listed): string =>
  folded(delimiter === '' ? path : path.split(delimiter).join('/'));
