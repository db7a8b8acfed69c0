import type { Command, CommandWork, Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { Words } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import { addresses } from './addresses.ts';
import type { EmailConfig } from './config.ts';
import { openOriginals } from './in/originals.ts';
import { listedSender } from './in/senders.ts';
import { list } from './in/wanted.ts';
import { openSuppression } from './out/suppression.ts';
import { openGroupBook } from './rooms/group-book.ts';
import { openThread } from './rooms/mail-rooms.ts';
import { texts } from './texts.ts';
import { openChosenNames } from './threads/alias.ts';
import { openMailState } from './threads/state.ts';
import { openAlone, userMailbox } from './transport.ts';

const NOTHING_ASKED: readonly Step[] = [];

/** A command that asks nothing. */
const command = (
  about: Pick<Command<EmailConfig>, 'node' | 'on' | 'title'>,
  run: (work: CommandWork<EmailConfig>) => Promise<Words>,
): Command<EmailConfig> => ({
  ...about,
  who: 'user',
  async *run(work): AsyncGenerator<Step, Words, Answer> {
    yield* NOTHING_ASKED;
    return run(work);
  },
});

/** A command on the gateway that takes a text. */
const taking = (
  about: Pick<Command<EmailConfig>, 'node' | 'title' | 'takes'> & { readonly label: Words },
  run: (work: CommandWork<EmailConfig>, text: string) => Promise<Words>,
): Command<EmailConfig> => ({
  ...{ node: about.node, title: about.title, on: 'gateway', who: 'user' },
  ...(about.takes !== undefined && { takes: about.takes }),
  async *run(work): AsyncGenerator<Step, Words, Answer> {
    const fields = [{ name: 'text', type: 'text', label: about.label, required: true }] as const;
    const { text: [text = ''] = [] } = yield { kind: 'form', form: { title: about.title, fields }, last: true };
    return run(work, text);
  },
});

/** Puts a sender on a list of the user's. */
const listing = (
  node: string,
  title: Words,
  on: Parameters<typeof list>[3],
  said: (who: string) => Words,
): Command<EmailConfig> =>
  taking({ node, title, takes: texts.senderWord, label: texts.senderLabel }, async ({ account, host }, text) => {
    const sender = listedSender(text);
    if (sender === undefined) throw new Failure('not-acceptable', { text: texts.noSender });
    if (!(await list({ host }, account, sender, on))) throw new Failure('not-allowed', { text: texts.listFull });
    return said(sender);
  });

/** Answers to encrypted mails go out in plain text from here on. To be done alone. */
async function answerInPlain(
  host: CommandWork<EmailConfig>['host'],
  { kind, account }: Extract<Place, { kind: 'contact' | 'room' }>,
  at: string,
): Promise<void> {
  const state = await openMailState(host);
  if (kind === 'contact') {
    const peer = await state.peer(account, at);
    await host.emit([], [state.writePeer(account, at, { ...peer, plain: true })]);
    return;
  }
  const book = openGroupBook({ host, state });
  const group = await book.get(account, at);
  if (!group?.open) throw new Failure('members-only', { text: texts.notYourThread });
  await host.emit([], book.write(account, at, { ...group, plain: true }));
}

/** What users can do. */
export const commands: readonly Command<EmailConfig>[] = [
  command({ node: 'lift', on: 'contact', title: texts.lift }, async ({ place, host, config }) => {
    if (place.kind !== 'contact') throw new Failure('bad-request');
    const their = addresses.fold(addresses.parse(place.id)).name;
    const state = await openMailState(host);
    const alone = openAlone(host);
    const suppression = openSuppression({ host, config, state, alone });
    await alone(place.account, their, () => suppression.lift(place.account, their));
    return texts.lifted(their);
  }),
  command({ node: 'open', on: 'contact', title: texts.open }, async ({ place, host }) => {
    if (place.kind !== 'contact') throw new Failure('bad-request');
    const their = addresses.fold(addresses.parse(place.id)).name;
    const state = await openMailState(host);
    const book = openGroupBook({ host, state });
    const found = await openThread({ host, alone: openAlone(host) }, book, { account: place.account, their });
    if (!found) throw new Failure('item-not-found', { text: texts.noThread });
    return texts.openedAs(`${found.id}@${host.transport}`, found.people);
  }),
  ...(['contact', 'room'] as const).map((on) =>
    command({ node: 'plain', on, title: texts.plain }, async ({ place, host }) => {
      if (place.kind !== 'contact' && place.kind !== 'room') throw new Failure('bad-request');
      const at = addresses.fold(addresses.parse(place.id)).name;
      await openAlone(host)(place.account, at, () => answerInPlain(host, place, at));
      return texts.plainNow;
    }),
  ),
  ...(['contact', 'room'] as const).map((on) =>
    command({ node: 'original', on, title: texts.original }, async ({ place, host, config }) => {
      if (place.kind !== 'contact' && place.kind !== 'room') throw new Failure('bad-request');
      const at = addresses.fold(addresses.parse(place.id)).name;
      return openOriginals({ host, config, state: await openMailState(host) }).last(place.account, at);
    }),
  ),
  command({ node: 'address', on: 'gateway', title: texts.my }, async ({ account, host, config }) => {
    const found = await userMailbox({ host, config, state: await openMailState(host) }, account);
    if (found === undefined) throw new Failure('item-not-found', { text: texts.noAddress });
    return found;
  }),
  taking(
    { node: 'choose', title: texts.choose, takes: texts.nameWord, label: texts.chooseName },
    async ({ account, host, config }, text) => {
      const transport = { host, config, state: await openMailState(host) };
      await openChosenNames(transport).choose(account, text);
      return texts.chosen((await userMailbox(transport, account)) ?? '');
    },
  ),
  listing('allow', texts.allow, 'allow', texts.allowed),
  listing('deny', texts.deny, 'block', texts.denied),
  listing('unlist', texts.unlist, 'neither', texts.unlisted),
  command({ node: 'revoke', on: 'gateway', title: texts.revoke }, async ({ account, host }) => {
    const state = await openMailState(host);
    for (const token of await state.tokens(account)) await host.state.write(state.forgetSent(account, token));
    return texts.revoked;
  }),
];
