// RFC 9580 §6.2, §7: what PGP has put around and behind a text, and what of it nobody reads.

const BEGINS = /^-----BEGIN PGP (MESSAGE|SIGNATURE|SIGNED MESSAGE)-----\s*$/;
const ENDS = /^-----END PGP (?:MESSAGE|SIGNATURE)-----\s*$/;

type Within = 'text' | 'armor' | 'head' | 'signed';

/** A text without armor: of what is signed the words, of what is encrypted nothing. Pure. */
export function withoutArmor(text: string): string {
  if (!text.includes('-----BEGIN PGP ')) return text;
  const kept: string[] = [];
  let at: Within = 'text';
  for (const line of text.split('\n')) {
    const before: Within = at;
    at = behind(line, before);
    // RFC 9580 §7.2: lines that begin with a dash have another one before it.
    if (at === before && at === 'signed') kept.push(line.replace(/^- /, ''));
    else if (at === before && at === 'text') kept.push(line);
  }
  return kept.join('\n').trim();
}

function behind(line: string, at: Within): Within {
  const begins = BEGINS.exec(line)?.[1];
  if (begins) return begins === 'SIGNED MESSAGE' ? 'head' : 'armor';
  if (at === 'armor') return ENDS.test(line) ? 'text' : 'armor';
  return at === 'head' && line.trim() === '' ? 'signed' : at;
}
