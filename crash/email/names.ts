/** Of the transport, and the domain of the users' mail addresses. */
export const DOMAIN = 'mail.example';
export const ADDRESSES = 'chat.example';
/** Of the people who have nothing but mail, and of their server, which says who has sent what. */
export const PEERS = 'peers.example';
export const AUTHSERV = 'mx.peers.example';
/** The password of each mailbox of a user's own. */
export const PASSWORD = 'pw';
export const OWNERS = ['romeo', 'juliet', 'nurse', 'peter'] as const;

/** The mailbox of a user's own: each is at a server of its own. */
export const homeOf = (owner: string): string => `${owner}.home.example`;
export const mailboxOf = (owner: string): string => `${owner}@${homeOf(owner)}`;
