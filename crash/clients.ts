import type { Element } from 'ltx';
import type { FakeConnection } from '../test/fakes/xmpp-server.ts';
import { USERS } from './setting.ts';
import type { UsersParts } from './users.ts';

/** Clients of users with accounts of their own: they are there whenever the gateway asks, and see all who want to be seen. */
export type OwnClients = Pick<UsersParts, 'other' | 'aside'> & {
  /** The gateway has connected. */
  attach(connection: FakeConnection): void;
  /** Asks the gateway in the name of a user. Resolves with its answer, rejects with what it says of an error. */
  ask(user: string, payload: string): Promise<Element>;
};

export function openOwnClients(domain: string): OwnClients {
  const asked = new Map<string, PromiseWithResolvers<Element>>();
  let connection: FakeConnection | undefined;
  let count = 0;

  /** What is no message. The gateway finds nothing where it asks. */
  function other(stanza: Element, to: FakeConnection | undefined): void {
    const { type, id = '', from = '', to: jid = '' } = stanza.attrs as Record<string, string>;
    const user = jid.split('/')[0] ?? '';
    if (stanza.name === 'iq' && type === 'result') asked.get(id)?.resolve(stanza);
    else if (stanza.name === 'iq' && type === 'error') asked.get(id)?.reject(new Error(stanza.toString()));
    else if (stanza.name === 'iq')
      to?.send(
        `<iq type='error' id='${id}' from='${jid}' to='${from}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
      );
    else if (type === 'subscribe')
      for (const what of ['subscribed', 'subscribe'])
        to?.send(`<presence type='${what}' from='${user}' to='${from}'/>`);
    if (stanza.name === 'presence' && from === domain && (type === 'subscribe' || type === 'probe'))
      to?.send(`<presence from='${user}/x' to='${domain}'/>`);
  }

  return {
    attach(fresh) {
      connection = fresh;
    },
    other,
    /** What stands beside what people say: names, and places to come to. */
    aside: (stanza) => stanza.attrs.type === 'headline' || stanza.getChild('body') === undefined,
    async ask(user, payload) {
      const id = `asked-${++count}`;
      const answer = Promise.withResolvers<Element>();
      asked.set(id, answer);
      connection?.send(`<iq type='set' id='${id}' from='${user}@${USERS}/x' to='${domain}'>${payload}</iq>`);
      return await answer.promise;
    },
  };
}

/** A form that is filled in (XEP-0004). */
export const submitted = (values: Readonly<Record<string, string>>): string =>
  `<x type='submit' xmlns='jabber:x:data'>${Object.entries(values)
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('')}</x>`;
