import { act, type Command, type CommandWork, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field } from '#src/model/form.ts';
import type { Words } from '#src/model/language.ts';
import { hasExceptions, hasInvites, hasQuiets } from './channels/channel-modes.ts';
import type { IrcConfig } from './config.ts';
import type { IrcConnection } from './connection/irc-connection.ts';
import { IrcSession } from './connection/session.ts';
import { LISTED } from './questions/question-table.ts';
import { commandTexts as texts } from './texts.ts';
import type { Isupport } from './wire/isupport.ts';
import { line as makeLine, target, unfit } from './wire/line.ts';
import { isMask } from './wire/masks.ts';
import { type ModeChange, modeParams } from './wire/modes.ts';
import { isName } from './wire/names.ts';

/** Masks of each list that are shown; the others stay as they are. */
const SHOWN = 200;

type ListName = 'bans' | 'quiets' | 'exceptions' | 'invites';
/** A list of a channel's, by its letter, and what was shown of it. */
type Shown = { readonly name: ListName; readonly letter: string; readonly masks: readonly string[] };

const HAS: Readonly<Record<ListName, (isupport: Isupport) => boolean>> = {
  bans: () => true,
  quiets: hasQuiets,
  exceptions: hasExceptions,
  invites: hasInvites,
};

/** The lists of a channel that the server shows us. Rejects with its `Failure` where that is none of them. */
async function read(channel: string, { view, questions }: IrcConnection): Promise<readonly Shown[]> {
  const asked = [...LISTED].filter(([, name]) => HAS[name](view.isupport));
  const answers = await Promise.allSettled(
    asked.map(async ([letter, name]): Promise<Shown> => {
      const masks = await questions.ask(name, channel);
      return { name, letter, masks: masks.slice(0, SHOWN) };
    }),
  );
  const shown = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = answers.find(({ status }) => status === 'rejected');
  if (shown.length === 0) throw (refused?.status === 'rejected' && refused.reason) || new Failure('not-supported');
  return shown;
}

const fieldOf = ({ name, masks }: Shown): Field => ({ name, label: texts[name], type: 'lines', value: masks });

/** What is on the list now and was not shown, and the other way round. A nick alone is a mask. Throws a `Failure` for what is none. */
function changesOf({ name, letter, masks }: Shown, answer: Answer): ModeChange[] {
  const given = answer[name]?.map((one) => one.trim()).filter(Boolean);
  if (given === undefined) return [];
  if (!given.every(isName)) throw unfit();
  const wanted = new Set(given.map((one) => (isMask(one) || masks.includes(one) ? one : `${one}!*@*`)));
  const gone = masks.filter((mask) => !wanted.has(mask));
  const fresh = [...wanted].filter((mask) => !masks.includes(mask));
  return [
    ...gone.map((param) => ({ set: false, mode: letter, param })),
    ...fresh.map((param) => ({ set: true, mode: letter, param })),
  ];
}

function connectionOf({ session, place }: CommandWork<IrcConfig>): { connection: IrcConnection; channel: string } {
  const connection = IrcSession.connectionOf(session);
  const channel = connection?.view.room(connection.view.fold(target(place, connection.view, 'room')));
  if (!connection || !channel?.joined) throw new Failure('not-joined');
  return { connection, channel: channel.name };
}

/** Bans, quiets, exceptions and invitations of a channel (RFC 2811 §4.3), to be seen and changed. */
async function* lists(work: CommandWork<IrcConfig>): AsyncGenerator<Step, Words, Answer> {
  const { connection, channel } = connectionOf(work);
  const shown = yield* act(() => read(channel, connection));
  const form = { title: texts.lists, instructions: texts.listsHow, fields: shown.map(fieldOf) };
  const answer = yield { kind: 'form', form, last: true };
  const changes = shown.flatMap((one) => changesOf(one, answer));
  // What the server answers is for whoever has asked, as that to a line of theirs.
  for (const params of changes.length > 0 ? modeParams(changes, connection.view.isupport) : [])
    connection.writer.send(makeLine('MODE', [channel, ...params]));
  return texts.listsChanged(changes.length);
}

export const listCommand: Command<IrcConfig> = {
  ...{ node: 'lists', on: 'room', who: 'user', title: texts.lists },
  run: lists,
};
