/** What is opened before anything can ask for it. Throws where that is not so, which is a bug. */
export function present<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('a part of the gateway was used before it was opened');
  return part;
}
