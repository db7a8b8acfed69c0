import type SMTPConnection from 'nodemailer/lib/smtp-connection';

/** Our name for it: nodemailer picks those that it knows itself. */
export const BEARER = 'BEARER';

type Handler = NonNullable<SMTPConnection.Options['customAuth']>[string];

/** Logs in with a token of OAuth: XOAUTH2 where the server has it, else OAUTHBEARER (RFC 7628 §3.1). */
export const bearer: Handler = async ({ auth, authMethods, sendCommand, resolve, reject }) => {
  const { user = '', pass = '' } = auth.credentials ?? {};
  const given = authMethods.includes('XOAUTH2')
    ? ['XOAUTH2', `user=${user}\u0001auth=Bearer ${pass}\u0001\u0001`]
    : // RFC 5801 §4
      ['OAUTHBEARER', `n,a=${user.replace(/=/g, '=3D').replace(/,/g, '=2C')},\u0001auth=Bearer ${pass}\u0001\u0001`];
  const [method = '', text = ''] = given;
  try {
    let answer = await sendCommand(`AUTH ${method} ${Buffer.from(text).toString('base64')}`);
    // RFC 7628 §3.2.3: why, which is answered before the server says no.
    if (answer.status === 334) answer = await sendCommand(method === 'XOAUTH2' ? '' : 'AQ==');
    if (answer.status >= 200 && answer.status < 300) resolve();
    else reject(new Error('The server refuses the token.'));
  } catch (error) {
    reject(error instanceof Error ? error : new Error(String(error)));
  }
};
