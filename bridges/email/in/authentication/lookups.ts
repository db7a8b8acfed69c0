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
