import { expect, it } from 'vitest';
import { type KeepContext, keep, sentFrom } from '#src/core/way/keep.ts';
import type { Draft } from '#src/model/event.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';

const romeo = 'romeo@a.example' as BareJid;
const account: AccountKey = accountKey(romeo, 'pigeon.example');
const said = (text: string): Draft => ({
  place: { kind: 'contact', account, id: 'juliet' },
  from: { kind: 'xmpp', bare: romeo },
  kind: 'message',
  text,
  style: 'plain',
});

it('keeps the order of what is sent while it is asked whether a session may be made', async () => {
  const taken: string[] = [];
  const realms: string[] = [];
  const answers: ((opens: boolean) => void)[] = [];
  const context = {
    sessions: { realms: () => realms, need: () => undefined, require: () => undefined },
    intake: { take: ({ draft }: { draft: { text: string } }) => void taken.push(draft.text) },
    journaled: () => true,
    opening: new Map(),
    opens: () => new Promise<boolean>((resolve) => answers.push(resolve)),
  } as unknown as KeepContext;
  const transport = { mapping: { facts: { out: {}, in: {} } }, bridge: () => ({}) };
  const leg = { lane: '', to: { key: { account, realm: '' }, identity: 'operator', transport } } as never;
  const send = (text: string) =>
    keep(context, said(text), leg, sentFrom(said(text), undefined), { pieces: [said(text)] } as never);
  const first = send('one');
  // Somebody else's message has had it made meanwhile.
  realms.push('');
  const second = send('two');
  expect(taken).toEqual([]);
  for (const answer of answers) answer(true);
  await Promise.all([first, second]);
  send('three');
  expect(taken).toEqual(['one', 'two', 'three']);
});
