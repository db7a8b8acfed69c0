/** RFC 6121 §4.7.2.1, with `offline` for unavailable. */
export type Show = 'available' | 'chat' | 'away' | 'xa' | 'dnd' | 'offline';
