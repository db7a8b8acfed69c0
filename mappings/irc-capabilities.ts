/** The capabilities of IRCv3 that are asked for where a server offers them, each because something here reads or writes it. */
export const USED: ReadonlySet<string> = new Set([
  'away-notify',
  'cap-notify',
  'echo-message',
  'extended-monitor',
  'message-tags',
  'multi-prefix',
  'server-time',
]);
