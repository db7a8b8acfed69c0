/** The rest of mailauth, with which the tests sign. */
declare module 'mailauth/lib/dkim/sign.js' {
  export { dkimSign } from 'mailauth';
}
declare module 'mailauth/lib/mailauth.js' {
  export { sealMessage } from 'mailauth';
}
