/**
 * A foreign address as the local part of a JID names it. `realm` is a server within the transport (`''` where there
 * is only one), `name` the channel, nick, number or mailbox (`''` for the realm itself).
 */
export type Address = { readonly kind: 'realm' | 'room' | 'contact'; readonly realm: string; readonly name: string };

/** A bridge's addresses with its network's default rules. All three are pure. */
export interface Addresses {
  /** Reads an unescaped local part. Throws `Failure('jid-malformed')` if it is no address of this network. */
  parse(local: string): Address;
  /** The local part, before XEP-0106. `parse(format(a))` equals `a`. */
  format(address: Address): string;
  /**
   * Whether it is another name of a room that has an address of its own: which, the network knows (`ask resolve`). Absent where
   * rooms have no other names.
   */
  isAlternate?(address: Address): boolean;
  /** How a person is reached on the network, as other programs know it: `tel:`, `mailto:`, `ircs:`. Absent where there is no such thing. */
  uri?(address: Address): string | undefined;
  /** The form in which two spellings of one address are equal. */
  fold(address: Address): Address;
}
