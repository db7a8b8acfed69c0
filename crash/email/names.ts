/** Of the transport, and the domain of the users' mail addresses. */
export const DOMAIN = 'mail.example';
export const ADDRESSES = 'chat.example';
/** Of the people who have nothing but mail, and of their server, which says who has sent what. */
export const PEERS = 'peers.example';
export const AUTHSERV = 'mx.peers.example';
export const OWNERS = ['romeo', 'juliet', 'nurse', 'peter'] as const;
