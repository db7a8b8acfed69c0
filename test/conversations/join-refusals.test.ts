import { join } from 'node:path';
import { it } from 'vitest';
import { play } from './play.ts';
import { readScript, type Turn } from './script.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** Every numeric that refuses a JOIN, what stands between its nick and its text, and the stanza error that it becomes. */
const REFUSALS: readonly (readonly [numeric: string, middle: string, type: string, condition: string])[] = [
  ['403', '#c', 'cancel', 'item-not-found'],
  ['405', '#c', 'cancel', 'not-allowed'],
  ['407', '#c', 'modify', 'not-acceptable'],
  ['421', 'JOIN', 'cancel', 'feature-not-implemented'],
  ['437', '#c', 'wait', 'recipient-unavailable'],
  ['448', '#c', 'auth', 'forbidden'],
  ['461', 'JOIN', 'modify', 'not-acceptable'],
  ['470', '#c #d', 'cancel', 'gone'],
  ['471', '#c', 'wait', 'service-unavailable'],
  ['473', '#c', 'auth', 'registration-required'],
  ['474', '#c', 'auth', 'forbidden'],
  ['475', '#c', 'auth', 'not-authorized'],
  ['476', '#c', 'modify', 'jid-malformed'],
  ['477', '#c', 'auth', 'registration-required'],
  ['479', '#c', 'modify', 'jid-malformed'],
  ['480', '#c', 'wait', 'resource-constraint'],
  ['485', '#c', 'auth', 'forbidden'],
  ['488', '#c', 'auth', 'forbidden'],
  ['489', '#c', 'modify', 'policy-violation'],
  ['490', '#c', 'modify', 'policy-violation'],
  ['495', '#c', 'wait', 'resource-constraint'],
  ['500', '#c', 'wait', 'resource-constraint'],
  ['519', '#c', 'auth', 'forbidden'],
  ['520', '#c', 'auth', 'forbidden'],
  ['926', '#c', 'auth', 'forbidden'],
];

const MUC = "<x xmlns='http://jabber.org/protocol/muc'/>";
const ROMEO = 'romeo@a.example/orchard';
const ROOM = '#c%net@irc.example/Romeo';

/** A join that is refused, on both wires. */
function refused([numeric, middle, type, condition]: (typeof REFUSALS)[number]): Turn[] {
  const at = `the refusal with ${numeric}`;
  const inside = condition === 'gone' ? '*' : '';
  return [
    {
      wire: 'xmpp',
      direction: 'in',
      text: `<presence id='j${numeric}' from='${ROMEO}' to='${ROOM}'>${MUC}</presence>`,
      at,
    },
    { wire: 'irc', direction: 'out', text: 'JOIN #c', at },
    { wire: 'irc', direction: 'in', text: `:irc.fake ${numeric} Romeo ${middle} :No entry`, at },
    {
      wire: 'xmpp',
      direction: 'out',
      text: `<presence type='error' id='j${numeric}' from='${ROOM}' to='${ROMEO}'>${MUC}<error type='${type}'><${condition} xmlns='${STANZAS}'>${inside}</${condition}><text xmlns='${STANZAS}' xml:lang='en'>*No entry*</text><foreign xmlns='urn:isthmus:errors:0'>${numeric} No entry</foreign></error></presence>`,
      at,
    },
  ];
}

it('every numeric that refuses a join is a presence error with its condition and the words of the server', async () => {
  const setting = readScript(join(import.meta.dirname, 'irc', 'setting-romeo-in-verona.txt'));
  await play({ ...setting, turns: [...setting.turns, ...REFUSALS.flatMap(refused)] });
});
