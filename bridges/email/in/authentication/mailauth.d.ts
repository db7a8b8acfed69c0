/** The files of mailauth 7.1 that are used: all of it together costs 11 MB more. */
declare module 'mailauth/lib/dkim/verify.js' {
  export { dkimVerify } from 'mailauth';
}
declare module 'mailauth/lib/spf/index.js' {
  export { spf } from 'mailauth';
}
declare module 'mailauth/lib/dmarc/index.js' {
  export { dmarc } from 'mailauth';
}
declare module 'mailauth/lib/arc/index.js' {
  export { arc } from 'mailauth';
}
declare module 'mailauth/lib/tools.js' {
  /** The first of these domains whose organisational domain (by the Public Suffix List) is that of `from`. */
  export function getAlignment(from: string, domains: readonly string[]): { readonly domain: string } | false;
}
