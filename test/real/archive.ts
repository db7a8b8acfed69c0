import { type XmppClient, xml } from './xmpp.ts';

/** What the archive of a room has (XEP-0313): who said what, with the ids of the messages. */
export async function archive(client: XmppClient, room: string): Promise<{ said: string; id: string | undefined }[]> {
  const query = xml('query', { xmlns: 'urn:xmpp:mam:2' });
  const found: { said: string; id: string | undefined }[] = [];
  await client.send(xml('iq', { type: 'set', id: 'mam', to: room }, query));
  for (;;) {
    const one = await client.next(
      (stanza) => stanza.attrs.id === 'mam' || !!stanza.getChild('result', 'urn:xmpp:mam:2'),
      'the archive',
    );
    if (one.is('iq')) return found;
    const message = one.getChild('result')?.getChild('forwarded')?.getChild('message');
    found.push({
      said: `${message?.attrs.from?.slice(room.length + 1)}: ${message?.getChildText('body')}`,
      id: message?.attrs.id,
    });
  }
}
