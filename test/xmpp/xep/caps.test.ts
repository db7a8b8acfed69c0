import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { contactFeatures, route } from '#src/xmpp/stanza/router.ts';
import { capsHash } from '#src/xmpp/xep/caps.ts';
import { GATEWAY, ROMEO_X, stanza, surroundings, transport } from '../invented.ts';

const INFO = 'http://jabber.org/protocol/disco#info';

/** XEP-0115 §5.1, of what discovery has answered. */
function hashed(query: ReturnType<typeof stanza>): string {
  const all = (name: string) => query.getChildren(name).map(({ attrs }) => attrs);
  const identities = all('identity').map(({ category, type, name = '' }) => `${category}/${type}//${name}<`);
  const features = all('feature').map(({ var: one = '' }) => one);
  return createHash('sha1')
    .update([...identities.sort(), ...features.sort().map((one) => `${one}<`)].join(''))
    .digest('base64');
}

it('the hash in the presence of contacts is that of what discovery says of its node, the same for all of them', async () => {
  const of = transport();
  const ver = capsHash(contactFeatures(of));
  for (const who of ['juliet', 'mercutio']) {
    const query = `<query xmlns='${INFO}' node='urn:isthmus:contact#${ver}'/>`;
    const iq = stanza(`<iq from='${ROMEO_X}' to='${who}%net@${GATEWAY}/gateway' type='get' id='1'>${query}</iq>`);
    const answer = stanza(`<iq>${await route(iq, surroundings({ facts: { transport: of } }))}</iq>`).getChild(
      'query',
      INFO,
    );
    expect(answer && hashed(answer)).toBe(ver);
  }
});
