import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { texts } from '#bridges/irc/texts.ts';
import { Failure } from '#src/model/failure.ts';
import { Sealed } from '#src/model/sealed.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';

type ClientCertificate = NonNullable<ServicesAccount['certificate']>;

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** The blocks of PEM (RFC 7468) in a text whose line breaks may have been lost in a form; `kind` is how their names end. */
export function pemBlocks(text: string, kind: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  const found = [...text.matchAll(BLOCK)].filter(([, name = '']) => name.endsWith(kind));
  return found
    .map(([, name, body = '']) => {
      const lines = body.replace(/\s/g, '').match(/.{1,64}/g) ?? [];
      return `-----BEGIN ${name}-----\n${lines.join('\n')}\n-----END ${name}-----\n`;
    })
    .join('');
}

/** A certificate with its private key. Throws a `Failure` where they are none, or do not belong together. */
export function clientCertificate(certificate: string, key: string): ClientCertificate {
  const cert = pemBlocks(certificate, 'CERTIFICATE');
  const secret = pemBlocks(key, 'PRIVATE KEY');
  try {
    if (cert === '' || secret === '') throw new Error('no PEM');
    createSecureContext({ cert, key: secret });
  } catch (error) {
    throw new Failure('not-acceptable', { text: texts.badCertificate, cause: error });
  }
  return { cert, key: new Sealed(secret) };
}

/** The authorities that an operator trusts for a server, in a file of theirs. Rejects with a `Failure`. */
export async function authoritiesIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Failure('internal', { text: texts.badAuthorities, cause: error });
  });
  const found = pemBlocks(text, 'CERTIFICATE');
  if (found === '') throw new Failure('internal', { text: texts.badAuthorities });
  return found;
}

/** What an operator keeps in a file for all who go to a server: read at each connection, for it is renewed. Rejects with a `Failure`. */
export async function certificateIn(file: string): Promise<ClientCertificate> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Failure('internal', { text: texts.badCertificate, cause: error });
  });
  return clientCertificate(text, text);
}
