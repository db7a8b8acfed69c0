import { join } from 'node:path';
import type { Element } from 'ltx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../conversations/stage.ts';

const GATEWAY = 'pigeon.example';
const ROOM = `~verona@${GATEWAY}`;
const MUC = "<x xmlns='http://jabber.org/protocol/muc'/>";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage({
    folder: join(import.meta.dirname, '../conversations/invented'),
    options: { bridge: 'ghosts' },
  });
});
afterEach(() => stage[Symbol.asyncDispose]());

/** What comes after some stanzas, up to and with what is waited for. */
async function until(isLast: (one: Element) => boolean, ...stanzas: readonly string[]): Promise<Element[]> {
  stage.xmpp.send(stanzas.join(''));
  const found: Element[] = [];
  for (;;) {
    const one = await stage.xmpp.next();
    found.push(one);
    if (isLast(one)) return found;
  }
}

/** The answers to requests and what comes with them, in the order of the requests. */
async function answers(...requests: readonly string[]): Promise<Element[]> {
  const ids = requests.map((one) => / id='([^']+)'/.exec(one)?.[1]);
  const missing = new Set(ids);
  const found = await until(({ attrs }) => missing.delete(attrs.id) && missing.size === 0, ...requests);
  return ids.flatMap((id) => found.find(({ attrs }) => attrs.id === id) ?? []);
}

/** True for the last of so many errors. */
function errors(count: number): (one: Element) => boolean {
  let left = count;
  return ({ attrs }) => attrs.type === 'error' && --left === 0;
}

/** The conditions of errors, with how many there are of each. */
function conditions(found: readonly Element[]): Record<string, number> {
  const all = found
    .filter(({ attrs }) => attrs.type === 'error')
    .map((one) => {
      const [condition] = one.getChild('error')?.getChildElements() ?? [];
      return `${one.getName()} ${condition?.getName()}`;
    });
  return Object.fromEntries([...new Set(all)].map((one) => [one, all.filter((other) => other === one).length]));
}

/** Somebody else is served as ever. */
async function othersAreServed(): Promise<void> {
  const [answer] = await answers(
    `<iq type='get' id='i1' from='juliet@a.example/y' to='${GATEWAY}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
  );
  expect(answer?.attrs).toMatchObject({ id: 'i1', type: 'result' });
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('at the wire', () => {
  it('500 clients of one user are no 500 readers of a room', async () => {
    const joins = numbers(500).map(
      (at) => `<presence from='romeo@a.example/r${at}' to='${ROOM}/Romeo'>${MUC}</presence>`,
    );
    const found = conditions(await until(errors(450), ...joins));
    // What one user may enter at once, of which fifty clients have a place in the room.
    expect(found['presence not-allowed']).toBeGreaterThanOrEqual(50);
    expect((found['presence not-allowed'] ?? 0) + (found['presence resource-constraint'] ?? 0)).toBe(450);
    await othersAreServed();
  });

  it('500 clients that come online are shown contacts as twenty', async () => {
    await until(
      ({ attrs }) => attrs.type === 'subscribed',
      `<presence type='subscribe' from='paris@a.example' to='${GATEWAY}'/>`,
    );
    const online = numbers(500).map((at) => `<presence from='paris@a.example/p${at}' to='${GATEWAY}'/>`);
    const last = `<iq type='get' id='last' from='paris@a.example/p0' to='${GATEWAY}'><query xmlns='jabber:iq:register'/></iq>`;
    const shown = await until(({ attrs }) => attrs.id === 'last', ...online, last);
    const each = shown.filter(({ attrs }) => /^paris@a\.example\/p/.test(attrs.to ?? '') && attrs.id !== 'last');
    expect(each.length).toBe(20);
    await othersAreServed();
  });

  it('of 10,000 requests of one user the contacts of a flood are taken, and the rest is refused in words', async () => {
    const asked = numbers(10_000).map(
      (at) => `<presence type='subscribe' id='s${at}' from='tybalt@a.example' to='capulet${at}@${GATEWAY}'/>`,
    );
    const found = await until(errors(9000), ...asked);
    expect(Object.keys(conditions(found))).toEqual(['presence resource-constraint']);
    const [refused] = found.filter(({ attrs }) => attrs.type === 'error');
    expect(refused?.getChild('error')?.getChildText('text')).toMatch(/too fast/i);
    await othersAreServed();
  });

  it('a session of somebody else, or of nobody, is none', async () => {
    const command = (from: string, id: string, session: string): string =>
      `<iq type='set' id='${id}' from='${from}' to='${GATEWAY}'><command xmlns='http://jabber.org/protocol/commands' node='configure'${session}/></iq>`;
    const [begun] = await answers(command('romeo@a.example/a', 'c1', ''));
    const sessionid = begun?.getChild('command')?.attrs.sessionid;
    expect(sessionid).toBeDefined();
    const strange = [`x`, '../../etc/passwd', '0'.repeat(5000), "' or 1=1", sessionid].map((session, at) =>
      command(
        session === sessionid ? 'juliet@a.example/b' : 'romeo@a.example/a',
        `c${at + 2}`,
        ` sessionid="${session}"`,
      ),
    );
    const found = await answers(...strange, command('romeo@a.example/other', 'c9', ` sessionid='${sessionid}'`));
    expect(conditions(found)).toEqual({ 'iq bad-request': 5, 'iq not-allowed': 1 });
    const [ended] = await answers(command('romeo@a.example/a', 'c10', ` sessionid='${sessionid}' action='cancel'`));
    expect(ended?.getChild('command')?.attrs.status).toBe('canceled');
  });

  it('forms with fields that are missing, unknown, twice, or huge are refused in words or pass without them', async () => {
    const form = (from: string, id: string, fields: string): string =>
      `<iq type='set' id='${id}' from='${from}' to='${GATEWAY}'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>${fields}</x></query></iq>`;
    const field = (name: string, value: string): string => `<field var='${name}'><value>${value}</value></field>`;
    const found = await answers(
      form('a@a.example/x', 'f1', ''),
      form('b@a.example/x', 'f2', field('no.such.field', 'x') + field('__proto__', 'x') + field('constructor', 'x')),
      form('c@a.example/x', 'f3', field('mapping.reply', 'no such rung')),
      form('d@a.example/x', 'f4', field('persistent', 'x'.repeat(200_000))),
      form(
        'e@a.example/x',
        'f5',
        numbers(1000)
          .map((at) => field(`f${at}`, 'x'))
          .join(''),
      ),
      form('f@a.example/x', 'f6', '<field/><field var=""/><value>x</value>'),
    );
    expect(Object.fromEntries(found.map(({ attrs }) => [attrs.id, attrs.type]))).toEqual({
      f1: 'result',
      f2: 'result',
      f3: 'result',
      f4: 'error',
      f5: 'result',
      f6: 'result',
    });
    expect(conditions(found)).toEqual({ 'iq not-acceptable': 1 });
    await othersAreServed();
  });

  it('ids that are no ids are refused: they are kept longer than what they name', async () => {
    const [long, fits] = ['x'.repeat(1025), 'y'.repeat(1024)];
    const to = `to='${ROOM}' type='groupchat' from='romeo@a.example/x'`;
    const [joined] = await until(
      ({ attrs }) => attrs.from === `${ROOM}/Romeo`,
      `<presence from='romeo@a.example/x' to='${ROOM}/Romeo'>${MUC}</presence>`,
    ).then((all) => all.slice(-1));
    expect(joined?.attrs.type).toBeUndefined();
    const found = await until(
      ({ attrs }) => attrs.id === fits,
      `<message id='${long}' ${to}><body>one</body></message>`,
      `<message id='o' ${to}><body>two</body><origin-id xmlns='urn:xmpp:sid:0' id='${long}'/></message>`,
      `<message id='${fits}' ${to}><body>three</body></message>`,
    );
    expect(conditions(found)).toEqual({ 'message bad-request': 2 });
    expect(found.filter((one) => one.getChildText('body') === 'two')).toEqual([]);
    await othersAreServed();
  });

  it('what is too large is refused by its header, and what follows is read', async () => {
    const large = 'x'.repeat(600_000);
    const found = await until(
      errors(4),
      `<message type='chat' id='l1' from='romeo@a.example/x' to='mercutio@${GATEWAY}'><body>${large}</body></message>`,
      `<iq type='set' id='l2' from='romeo@a.example/x' to='${GATEWAY}'><query xmlns='jabber:iq:register'>${'<a/>'.repeat(100_000)}</query></iq>`,
      `<presence type='subscribe' id='l3' from='romeo@a.example' to='mercutio@${GATEWAY}'><status>${large}</status></presence>`,
      `<message type='error' id='l4' from='romeo@a.example/x' to='mercutio@${GATEWAY}'><body>${large}</body></message>`,
      `<message type='chat' id='l5' from='romeo@a.example/x' to='mercutio@${GATEWAY}'>${'<d>'.repeat(2000)}${'</d>'.repeat(2000)}</message>`,
    );
    const ids = found.filter(({ attrs }) => attrs.type === 'error').map(({ attrs }) => attrs.id);
    expect(ids).toEqual(['l1', 'l2', 'l3', 'l5']);
    await othersAreServed();
  });
});
