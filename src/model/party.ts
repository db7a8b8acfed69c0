import type { Avatar } from './avatar.ts';
import type { AccountKey, BareJid } from './ids.ts';
import type { Show } from './show.ts';

/** Who caused an event. A network party's `id` is what the network calls the person within the place's realm. */
export type Party =
  | { readonly kind: 'xmpp'; readonly bare: BareJid; readonly resource?: string }
  | {
      readonly kind: 'network';
      readonly id: string;
      readonly name?: string;
      /** Written by the account's owner in another client of that network. */
      readonly self?: boolean;
    };

/** XEP-0045 §5.2 */
export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast';
/** XEP-0045 §5.1 */
export type Role = 'moderator' | 'participant' | 'visitor' | 'none';

/** Somebody in a room. `id` is stable while they are in it, `nick` is what others see. */
export type Occupant = {
  readonly id: string;
  readonly nick: string;
  readonly affiliation: Affiliation;
  readonly role: Role;
  /** Set when the occupant is one of our own accounts. */
  readonly account?: AccountKey;
  /** Where they come from, as their network says (`user@host`): for those who keep order. */
  readonly host?: string;
  /** What is known of their presence, where a network tells that of occupants. */
  readonly show?: Show;
  readonly status?: string;
  readonly avatar?: Avatar;
  /** What they are besides, as XEP-0317 has it: `id` is an address that says what is meant. */
  readonly hats?: readonly { readonly id: string; readonly title: string }[];
};
