import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';
import { mailboxOf, splitMailbox } from './mailbox.ts';
import { ROOM_ADDRESS } from './rooms/group.ts';
import { texts } from './texts.ts';

const malformed = () => new Failure('jid-malformed', { text: texts.address });

/** `bob@example.com`, or `thread.` and a token for a thread with several; the gateway itself is the empty address. */
export const addresses: Addresses = {
  parse(local) {
    if (local === '') return { kind: 'realm', realm: '', name: '' };
    if (ROOM_ADDRESS.test(local)) return { kind: 'room', realm: '', name: local };
    const found = splitMailbox(local);
    if (!found || mailboxOf(local) === undefined) throw malformed();
    return { kind: 'contact', realm: '', name: `${found.local}@${found.domain}` };
  },
  format: ({ name }) => name,
  // RFC 6068 §2: what could be read as something else is percent-encoded.
  uri: ({ name, kind }) => (kind !== 'contact' ? undefined : `mailto:${encodeURIComponent(name).replace('%40', '@')}`),
  fold: (address: Address) =>
    address.kind === 'contact' ? { ...address, name: mailboxOf(address.name) ?? address.name } : address,
};

/** The address of what a person types. Throws `Failure('jid-malformed')`. */
export function resolveMailbox(text: string): string {
  if (ROOM_ADDRESS.test(text.trim())) return text.trim();
  const found = mailboxOf(text.trim().replace(/^mailto:/i, ''));
  if (found === undefined) throw malformed();
  return found;
}
