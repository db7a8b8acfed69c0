// Addresses hold names of IRC that an XMPP server would make another of (RFC 7622 §3.3.1), or that have a twin.

/** What `rfc1459` makes equal and others do not. */
export const AMBIGUOUS = /[[\]\\~{}|^]/;

/** A text as nodeprep leaves it, near enough (RFC 6122 appendix A, RFC 8265 §3.3): compatible forms, lower case. */
export const prepared = (text: string): string => text.normalize('NFKC').toLowerCase().normalize('NFKC');

const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join('');

/**
 * A name with `=` and two hex digits for each byte of what an XMPP server would change, and with `apart` also of what
 * folding as rfc1459 would, and for a `$` at the beginning, which no person's name has. What looks like such an escape is escaped itself. Pure.
 */
export function escapeName(name: string, apart = false): string {
  if (!/[^\x00-\x7f=]|=|^\$/.test(name) && !(apart && AMBIGUOUS.test(name))) return name;
  const text = name.replace(/^\$|=(?=[0-9a-f]{2})|[^\x00-\x7f]|[[\]\\~{}|^]/giu, (char) =>
    AMBIGUOUS.test(char)
      ? apart
        ? hex(char)
        : char
      : !/[=$]/.test(char) && prepared(char) === char
        ? char
        : hex(char),
  );
  // Single characters may be steady and their sequence not: then none of them stays.
  const steady = prepared(text) === text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return steady ? text : text.replace(/[^\x00-\x7f]/gu, hex);
}

/** The name that an escaped one stands for; one that is not escaped stays as it is. Pure. */
export function unescapeName(name: string): string {
  if (!/=[0-9a-f]{2}/i.test(name)) return name;
  const found = name.replace(/(?:=[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('=', ''), 'hex').toString('utf8'),
  );
  const written = name.toLowerCase();
  return [false, true].some((apart) => escapeName(found, apart).toLowerCase() === written) ? found : name;
}
