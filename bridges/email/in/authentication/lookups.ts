import { openRecent } from '#src/lib/recent.ts';

/** More questions than these are for the sake of asking: SPF has ten, and each signature one. */
const MOST_LOOKUPS = 60;

type Resolver = (name: string, type: string) => Promise<unknown>;
type Records = string[] | string[][];

/** A resolver for one mail: it asks the same once, and not without end. What it does not ask is told as not there. */
export function openLookups(resolver: Resolver): (name: string, type: string) => Promise<Records> {
  const asked = new Map<string, Promise<Records>>();
  return (name, type) => {
    const key = `${type} ${name.toLowerCase()}`;
    const known = asked.get(key);
    if (known) return known;
    if (asked.size >= MOST_LOOKUPS)
      return Promise.reject(Object.assign(new Error('too many lookups'), { code: 'ENODATA' }));
    const answer = resolver(name, type) as Promise<Records>;
    asked.set(key, answer);
    return answer;
  };
}

/** How long (ms) an answer of DNS holds for all mails, how many are remembered, and the longest, in characters. */
const HOLDS = 60_000;
const MOST_NAMES = 2000;
const LONGEST_ANSWER = 4096;

/** That a name or record is not there is an answer; that nobody answers is none. */
const NOT_THERE = new Set(['ENOTFOUND', 'ENODATA']);

/** A resolver that asks the same once a minute, for all mails together: senders have few domains, and each mail takes several questions. */
export function openNameCache(resolver: Resolver, now: () => number): Resolver {
  const known = openRecent<{ readonly until: number; readonly answer: Promise<unknown> }>(MOST_NAMES);
  return (name, type) => {
    const key = `${type} ${name.toLowerCase()}`;
    const found = known.get(key);
    if (found && found.until > now()) return found.answer;
    const answer = resolver(name, type);
    known.set(key, { until: now() + HOLDS, answer });
    const forget = () => known.set(key, { until: 0, answer: NOTHING });
    answer.then(
      (records) => {
        if (JSON.stringify(records).length > LONGEST_ANSWER) forget();
      },
      (error: { code?: string }) => {
        if (!NOT_THERE.has(error.code ?? '')) forget();
      },
    );
    return answer;
  };
}

const NOTHING: Promise<unknown> = Promise.resolve([]);
