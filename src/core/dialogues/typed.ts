import { begin, type Filling, spokenForm } from '#mappings/forms.ts';
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import { formTexts } from '#mappings/texts/forms.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { Dialogues, Origin, Progress, XmppSide } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, newEventId, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { isRoom, type Place, placeTransport } from '#src/model/place.ts';
import { endOf } from './chat.ts';

export type TypedParts = {
  readonly dialogues: Dialogues;
  readonly display: Pick<Display, 'show'>;
  readonly xmpp: Pick<XmppSide, 'refuse'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly languages: Pick<Languages, 'of'>;
  transport(domain: string): Pick<Transport, 'talks'>;
  /** What is no failure is a bug: it is logged. */
  asFailure(error: unknown): Failure;
};

/** Takes what is typed in a room as a command: true where it is one, which is never kept, reflected or archived. */
export type Typed = (draft: Draft, origin: Origin, account: AccountKey) => boolean;

/** A word after a slash, and what follows it. A path has more slashes. */
const COMMAND = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i;

type Call = { readonly node: string; readonly words: string; readonly place: Place; readonly account: AccountKey };

/** What is typed in rooms whose network has commands for that. A word that is none of them is refused: it was not meant for everybody. */
export function openTyped(parts: TypedParts): Typed {
  return (draft, origin, account) => {
    if (draft.kind !== 'message' || !draft.text.startsWith('/') || draft.style === 'action' || !isRoom(draft.place))
      return false;
    const [, word, words = ''] = COMMAND.exec(draft.text) ?? [];
    if (word === undefined) return false;
    const { place } = draft;
    const known = parts.transport(placeTransport(place)).talks.commands.filter((one) => one.typed && one.on === 'room');
    if (known.length === 0) return false;
    const found = known.find(({ typed }) => typed?.includes(word.toLowerCase()));
    if (!found) throw new Failure('not-acceptable', { text: texts.notTyped(`/${word}`) });
    run(parts, { node: found.node, words, place, account }, origin).catch((error: unknown) =>
      parts.xmpp.refuse(origin, parts.asFailure(error)),
    );
    return true;
  };
}

async function run(parts: TypedParts, { node, words, place, account }: Call, origin: Origin): Promise<void> {
  const { user } = splitAccount(account);
  const { dialogues } = parts;
  const language = parts.languages.of(account);
  let progress: Progress = await dialogues.command({ owner: origin.from, user }, { place, on: 'room', node });
  for (let asked = false; progress.kind !== 'done'; ) {
    const at = { owner: origin.from, id: progress.id };
    const { step } = progress;
    const filled: Filling | undefined =
      step.kind === 'form' ? begin(spokenForm(step.form, language), asked ? '' : words, language) : undefined;
    if (filled?.next?.required) {
      dialogues.cancel(at);
      throw new Failure('not-acceptable', { text: formTexts.missing(filled.next.label ?? filled.next.name) });
    }
    asked ||= filled !== undefined;
    progress = await dialogues.answer(at, filled?.answer ?? {});
  }
  const text = wordsIn(endOf(progress), language);
  if (text === '') return;
  const from = { kind: 'network', id: '' } as const;
  const event = { id: newEventId(), at: parts.clock.now(), place, from, live: true } as const;
  parts.display.show({ ...event, kind: 'message', text, style: 'plain', hints: { store: false } }, [
    { jid: origin.from },
  ]);
}
