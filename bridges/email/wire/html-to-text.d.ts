/** The part of html-to-text 10 that is used; the package has no types of its own. */
declare module 'html-to-text' {
  export function compile(options: Readonly<Record<string, unknown>>): (html: string) => string;
}
