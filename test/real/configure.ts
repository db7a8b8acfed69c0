import { expect } from 'vitest';
import { type Element, type XmppClient, xml } from './xmpp.ts';

const DATA = 'jabber:x:data';

type Values = Readonly<Record<string, readonly string[]>>;

/** What the form of a command of a JID has, and then sends it with other values. */
export async function configure(client: XmppClient, to: string, values: Values): Promise<void> {
  const call = (attrs: Record<string, string>, ...children: Element[]) =>
    client.ask(
      xml(
        'iq',
        { type: 'set', to },
        xml('command', { xmlns: 'http://jabber.org/protocol/commands', ...attrs }, ...children),
      ),
    );
  const sessionid = (await call({ node: 'configure', action: 'execute' })).getChild('command')?.attrs.sessionid ?? '';
  const fields = Object.entries(values).map(([name, all]) =>
    xml('field', { var: name }, ...all.map((value) => xml('value', {}, value))),
  );
  const form = xml('x', { xmlns: DATA, type: 'submit' }, ...fields);
  const done = await call({ node: 'configure', sessionid, action: 'complete' }, form);
  expect(done.getChild('command')?.attrs.status).toBe('completed');
}

/** The values of the form of a JID. */
export async function configured(client: XmppClient, to: string): Promise<Values> {
  const command = xml('command', {
    xmlns: 'http://jabber.org/protocol/commands',
    node: 'configure',
    action: 'execute',
  });
  const answer = await client.ask(xml('iq', { type: 'set', to }, command));
  const fields = answer.getChild('command')?.getChild('x', DATA)?.getChildren('field') ?? [];
  return Object.fromEntries(
    fields.map((field) => [field.attrs.var ?? '', field.getChildren('value').map((value) => value.getText())]),
  );
}
