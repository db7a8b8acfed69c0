// XEP-0133: Service Administration, version 1.2.
import { ADMINISTRATION } from '#mappings/texts/administration.ts';
import type { Offer } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Extension } from './extension.ts';

/** The FORM_TYPE of its forms, and what the names of its nodes begin with. */
const ADMIN = 'http://jabber.org/protocol/admin';

/** Its commands are answered as all others are (XEP-0050). */
export const administration: Extension = {
  xep: {
    number: '0133',
    title: 'Service Administration',
    version: '1.2',
    part: 'announcements, sessions, lists and numbers of users, removal and shutdown',
  },
  // XEP-0050 §2.2: what is offered to others.
  node(name, { kind }) {
    if (kind === 'gateway' && commandOf(name) !== name) throw new Failure('not-permitted');
    return undefined;
  },
};

/** The node under which a command is offered. */
export const nodeOf = ({ node, on }: Pick<Offer, 'node' | 'on'>): string =>
  on === 'gateway' && Object.hasOwn(ADMINISTRATION, node) ? `${ADMIN}#${node}` : node;

/** The command that a node stands for. */
export function commandOf(node: string): string {
  const name = node.startsWith(`${ADMIN}#`) ? node.slice(ADMIN.length + 1) : '';
  return Object.hasOwn(ADMINISTRATION, name) ? name : node;
}

/** The FORM_TYPE (XEP-0068) of a command's forms. */
export const formTypeFor = (node: string): string | undefined =>
  Object.hasOwn(ADMINISTRATION, commandOf(node)) ? ADMIN : undefined;
