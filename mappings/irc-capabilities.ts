import type { Levels } from '#src/model/capabilities.ts';
import { irc } from './irc.ts';

/** The capabilities of IRCv3 that are asked for where a server offers them, each because something here reads or writes it. */
export const USED: ReadonlySet<string> = new Set([
  'account-notify',
  'account-tag',
  'away-notify',
  'batch',
  'cap-notify',
  'chghost',
  'draft/chathistory',
  'draft/message-redaction',
  'draft/multiline',
  'draft/read-marker',
  'echo-message',
  'extended-join',
  'extended-monitor',
  'invite-notify',
  'message-tags',
  'labeled-response',
  'multi-prefix',
  'server-time',
  'setname',
  'standard-replies',
  'userhost-in-names',
  'znc.in/self-message',
]);

/** What crosses by a capability, and by tags of clients that servers may let nobody send (CLIENTTAGDENY). */
type ByCapability = { readonly needs: string; readonly tags: readonly string[]; readonly feature: keyof Levels };

const BY_CAPABILITY: readonly ByCapability[] = [
  // https://ircv3.net/specs/client-tags/typing, reply and react
  { needs: 'message-tags', tags: ['typing'], feature: 'typing' },
  { needs: 'message-tags', tags: ['draft/reply'], feature: 'reply' },
  { needs: 'message-tags', tags: ['draft/reply', 'draft/react'], feature: 'reaction' },
  // https://ircv3.net/specs/extensions/message-redaction
  { needs: 'draft/message-redaction', tags: [], feature: 'retract' },
  // https://ircv3.net/specs/extensions/read-marker
  { needs: 'draft/read-marker', tags: [], feature: 'marker' },
];

/** What crosses where nothing is known of a server yet, and with each that has no capabilities. */
export const withoutCapabilities: Levels = {
  ...irc.facts.out,
  ...Object.fromEntries(BY_CAPABILITY.map(({ feature }) => [feature, 'none'])),
};

/** What crosses to a server with these capabilities. `denies` says whether it lets nobody send a tag. Pure. */
export function carriedWith(capabilities: { has(name: string): boolean }, denies: (tag: string) => boolean): Levels {
  const carried = BY_CAPABILITY.filter(({ needs, tags }) => capabilities.has(needs) && !tags.some(denies));
  return {
    ...withoutCapabilities,
    ...Object.fromEntries(carried.map(({ feature }) => [feature, irc.facts.out[feature]])),
  };
}
