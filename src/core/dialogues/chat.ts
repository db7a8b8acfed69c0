import { begin, type Filling, introduction, question, spokenForm, take } from '#mappings/forms.ts';
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Core, Dialogues, Speaker, Surface, Talker, Told } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import { joined, type Words, wordsIn } from '#src/model/language.ts';
import { type Called, call, help } from './chat-call.ts';
import type { ChatPlaces } from './chat-places.ts';

export type ChatParts = {
  readonly dialogues: Dialogues;
  readonly places: ChatPlaces;
  /** What the network of a transport is called. */
  network(transport: string): string;
  /** Throws a `Failure` for who may not write here, or writes too much. */
  admit(who: Talker): void;
};

type Begun = { readonly id: string; readonly back: boolean; filling?: Filling };

/** Where one client stands. */
type Session = {
  /** Whether it has been told how to go on. */
  met: boolean;
  /** How often in a row it was not understood. */
  misses: number;
  begun: Begun | undefined;
  /** How often it has cancelled something. */
  cancelled: number;
  /** What is being answered, one after the other, and how much that is. */
  tail: Promise<void>;
  waiting: number;
};

type Turn = Surface & {
  readonly who: Speaker;
  readonly transport: string;
  readonly session: Session;
};

/** In English everywhere, and in the other languages of the texts. */
const BACK = /^(?:back|zurück)$/i;
const CANCEL = /^\s*(?:cancel|abbrechen)\s*$/i;
/** Clients that are remembered (SECURITY rule 11), and the most messages of one that wait. */
const SESSIONS = 1000;
const WAITING = 10;
/** A program that answers everything, as another gateway may do, is left alone after so many misses. */
const MISSES = 5;
/** Steps in a row that ask nothing. */
const STEPS = 100;

/** The commands as a chat with the gateway: in words, forms field by field. Sessions live in memory. */
export function openChat({ dialogues, places, network, admit }: ChatParts): Core['chat'] {
  const sessions = openRecent<Session>(SESSIONS);

  function sessionOf(transport: string, { owner }: Talker): Session {
    const key = `${transport} ${owner}`;
    const session = sessions.get(key) ?? {
      met: false,
      misses: 0,
      begun: undefined,
      cancelled: 0,
      tail: Promise.resolve(),
      waiting: 0,
    };
    sessions.set(key, session);
    return session;
  }

  /** Gives up what was begun, also while it is being worked on. */
  function cancel(turn: Turn): void {
    const { who, session } = turn;
    const { begun } = session;
    session.begun = undefined;
    if (!begun) return say(turn, texts.nothingToCancel);
    session.cancelled += 1;
    try {
      dialogues.cancel({ owner: who.owner, id: begun.id });
      say(turn, texts.cancelled);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(turn, error.words);
    }
  }

  async function respond(turn: Turn, text: string): Promise<void> {
    const { session, who, transport, tell, foreign } = turn;
    if (session.begun?.back && BACK.test(text)) return goBack(turn, session.begun);
    if (session.begun?.filling) return fill(turn, session.begun, session.begun.filling, text);
    const offered = dialogues.offered(who.user, transport);
    const list = () => help(offered, { domain: transport, network: network(transport) });
    const called = await call(text, offered, (address) => places.find(transport, who.user, address, foreign));
    if (called.kind !== 'unknown') session.misses = 0;
    if (called.kind === 'run') await run(turn, called);
    else if (called.kind === 'unknown') miss(turn, called.why);
    else if (called.kind === 'address') tell(called);
    else say(turn, called.kind === 'help' ? list() : called.text);
    if (!session.met && (called.kind === 'address' || called.kind === 'unknown')) say(turn, list());
    session.met = true;
  }

  async function goBack(turn: Turn, { id }: Begun): Promise<void> {
    await follow(turn, () => dialogues.back({ owner: turn.who.owner, id }));
  }

  function miss(turn: Turn, why: Words): void {
    const { session } = turn;
    session.misses += 1;
    if (!session.met || session.misses > MISSES) return;
    say(turn, joined([why, texts.seeHelp]));
  }

  async function run(turn: Turn, { node, on, words: rest, at }: Called & { kind: 'run' }): Promise<void> {
    const { who, transport } = turn;
    const place = at ?? places.gateway(transport, who.user);
    await follow(turn, () => dialogues.command(who, { place, on, node }), rest);
  }

  /** Goes from step to step up to one that asks something, or to the end. */
  async function follow(turn: Turn, go: () => ReturnType<Dialogues['answer']>, rest = ''): Promise<void> {
    const { session, who } = turn;
    let next = go;
    for (let steps = 0; steps < STEPS; steps++) {
      const progress = await next();
      if (progress.kind === 'done') {
        session.begun = undefined;
        return say(turn, endOf(progress));
      }
      const { id, step, back } = progress;
      const begun: Begun = { id, back };
      session.begun = begun;
      if (step.kind === 'form')
        return ask(turn, begun, begin(spokenForm(step.form, who.language), rest, who.language), true);
      const { url, qr } = step.kind === 'show' ? step : {};
      say(turn, joined([step.text, url, qr === url ? undefined : qr].filter((line) => line !== undefined)));
      next = () => dialogues.answer({ owner: who.owner, id }, {});
    }
    throw new Error('a dialogue asks nothing and does not end');
  }

  async function ask(turn: Turn, begun: Begun, filling: Filling, opened = false): Promise<void> {
    const { who } = turn;
    const { next, answer, form } = filling;
    if (!next) return follow(turn, () => dialogues.answer({ owner: who.owner, id: begun.id }, answer));
    begun.filling = filling;
    const asked = question(next, who.language);
    const ways = joined(begun.back ? [texts.leave, texts.back] : [texts.leave], ' ');
    const said = opened ? [introduction(form), joined([asked, ways])] : [asked];
    say(
      turn,
      joined(
        said.filter((part) => part !== ''),
        '\n\n',
      ),
    );
  }

  async function fill(turn: Turn, begun: Begun, filling: Filling, text: string): Promise<void> {
    const filled = take(filling, text, turn.who.language);
    if ('trouble' in filled) return say(turn, joined([filled.trouble, texts.leave], ' '));
    delete begun.filling;
    await ask(turn, begun, filled);
  }

  /** What was given up meanwhile needs no words. */
  async function answered(turn: Turn, text: string): Promise<void> {
    const { session } = turn;
    const { cancelled } = session;
    try {
      await respond(turn, text);
    } catch (error) {
      if (session.cancelled !== cancelled) return;
      session.begun = undefined;
      if (!(error instanceof Failure)) throw error;
      say(turn, error.words);
    }
  }

  return async (transport, who, text, surface) => {
    admit(who);
    const session = sessionOf(transport, who);
    const turn: Turn = { ...surface, who, transport, session };
    if (CANCEL.test(text)) return cancel(turn);
    if (session.waiting >= WAITING) throw new Failure('too-fast');
    session.waiting += 1;
    const answer = session.tail.then(() => answered(turn, text.trim()));
    const done = (): void => void (session.waiting -= 1);
    session.tail = answer.then(done, done);
    return answer;
  };
}

/** What is told at the end of a dialogue. */
export const endOf = ({ text, fields = [] }: Told): Words =>
  joined([text, ...fields.flatMap(({ type, value = [] }) => (type === 'jids' ? value : []))]);

const say = ({ tell, who }: Turn, words: Words): void => tell({ kind: 'text', text: wordsIn(words, who.language) });
