import type { InboundText } from '#bridges/sms/provider/provider.ts';
import type { NumberPair } from '#bridges/sms/routing/conversation.ts';
import type { StateChanges } from '#bridges/sms/routing/reachability.ts';
import { texts } from '#bridges/sms/texts/catalogue.ts';
import { free, type GatewayTexts } from '#bridges/sms/texts/gateway-texts.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft, Event, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { spoken } from '#src/model/language.ts';
import { ENDED_TIME, FORM_TIME, type FormEnd, heard, isOpen, type OpenForm, returned } from './forms.ts';
import { nextNumber, opening, questionnaireOf } from './questions.ts';

/** A text of a form is given up after so many tries; the form then ends with its time. */
const MOST_TRIES = 5;

/** What follows for the asker and for what is kept; `counts`: the text was for the form alone. */
export type FormChanges = StateChanges & { readonly counts: boolean };

/** Forms that phones are asked. All but `flush` and `round` are called where the state of the phone is read alone. */
export type FormDialogue = {
  /** The first text of a form, and what is kept of it. Rejects with a `Failure` for one that cannot be asked. */
  begin(
    event: Event & Message,
    account: AccountKey,
    at: NumberPair,
  ): Promise<{ text: string; writes: readonly StateWrite[] }>;
  /** The form did not go after all. */
  takeBack(id: string, at: NumberPair): Promise<readonly StateWrite[]>;
  /** What a text from the phone does to its form. */
  heard(text: InboundText, at: NumberPair): Promise<FormChanges>;
  /** The phone has opted out. */
  stopped(at: NumberPair): Promise<FormChanges>;
  /** Something else is sent to the phone: a bare number no longer tells what it is about. */
  interrupted(at: NumberPair): Promise<readonly StateWrite[]>;
  /** Sends what a form has to say. Never rejects. */
  flush(at: NumberPair): Promise<void>;
  /** Ends what was not answered in time, and sends what could not be sent. Never rejects. */
  round(): Promise<void>;
  /** For the stop: resolves once what is on its way has gone and is noted, or after `ms`. Else it would go, and be paid, twice. */
  idle(ms: number): Promise<void>;
};

const NOTHING: FormChanges = { counts: false, drafts: [], writes: [] };

export function openFormDialogue({ host, state, alone }: SmsTransport, gatewayTexts: GatewayTexts): FormDialogue {
  const keep = (form: OpenForm): StateWrite => state.writeForm(form, form.until + ENDED_TIME);

  /** What the asker is told of a form that has just ended. */
  function told(form: OpenForm, sid?: string): Draft {
    const { their, account, thread } = form;
    const { text, form: answered } = returned(form);
    return {
      ...(sid !== undefined && { ids: [sid as ForeignId] }),
      at: host.clock.now(),
      place: { kind: 'contact', account: account as AccountKey, id: their },
      from: { kind: 'network', id: their },
      kind: 'message',
      style: 'plain',
      ...spoken(text, host.language(account as AccountKey)),
      form: answered,
      ...(thread !== undefined && { thread }),
    };
  }

  function end({ unsent: _, ...form }: OpenForm, why: FormEnd): FormChanges {
    // Who has opted out is told nothing more.
    const over: OpenForm = { ...form, end: why, fresh: form.fresh && why !== 'stopped' };
    return { counts: false, drafts: [told(over)], writes: [keep(over)] };
  }

  /** The form of the pair, after its time has come where it has. */
  async function current(at: NumberPair): Promise<{ form: OpenForm; before: FormChanges } | undefined> {
    const form = await state.form(at.our, at.their);
    if (!form) return undefined;
    const late = form.end === undefined && !isOpen(form, host.clock.now());
    return late ? { form: { ...form, end: 'expired' }, before: end(form, 'expired') } : { form, before: NOTHING };
  }

  async function sendNext(at: NumberPair): Promise<void> {
    const form = await alone(at.their, () => state.form(at.our, at.their));
    if (form?.unsent === undefined) return;
    const { unsent } = form;
    const went = (await isOver(form)) || (await send(at, unsent, form));
    await alone(at.their, async () => {
      const now = await state.form(at.our, at.their);
      if (now?.id !== form.id || now.unsent !== unsent) return;
      const { unsent: _, ...rest } = now;
      const tries = now.tries + 1;
      await host.emit([], [keep(went || tries >= MOST_TRIES ? { ...rest, tries: 0 } : { ...now, tries })]);
    });
  }

  /** Whether nothing more may be said, by the phone's word or the asker's. */
  const isOver = async ({ account, our, their }: OpenForm): Promise<boolean> =>
    (await state.optedOut(our, their)) || state.blocked(account as AccountKey, their);

  /** Resolves with whether that is done: what nobody may pay for is not said at all. */
  async function send({ our, their }: NumberPair, text: string, { unpaid, account }: OpenForm): Promise<boolean> {
    const paid = unpaid ? await gatewayTexts.pay(text, account as AccountKey) : free(text);
    return paid === undefined || gatewayTexts.send(our, their, paid);
  }

  async function overdue(at: NumberPair): Promise<void> {
    await alone(at.their, async () => {
      const { drafts, writes } = (await current(at))?.before ?? NOTHING;
      if (drafts.length > 0) await host.emit(drafts, writes);
    });
  }

  const sending = new Set<Promise<void>>();

  /** One after the other: what is on its way is not sent again. */
  function flush(at: NumberPair): Promise<void> {
    const work = alone(`form ${at.our} ${at.their}`, () => sendNext(at)).catch((error: unknown) =>
      host.log.error({ err: error }, 'a question could not be sent'),
    );
    sending.add(work);
    void work.then(() => sending.delete(work));
    return work;
  }

  return {
    async begin({ id, form, text, thread }, account, { our, their }) {
      if (!form) throw new Error('this is no form');
      const before = await state.form(our, their);
      const same = before?.id === id;
      if (before && !same && isOpen(before, host.clock.now()))
        throw new Failure('not-acceptable', {
          text: texts.formOpen,
        });
      // Numbers go on where the last form ended: a late answer to that one is none to this.
      const from = same ? (before.plan.questions[0]?.options[0]?.number ?? 1) : before ? nextNumber(before.plan) : 1;
      const menu = (await state.conversation(our, their)).menu !== undefined;
      const plan = questionnaireOf(form, text, menu ? Math.max(from, 10) : from);
      const asked: OpenForm = {
        ...{ id, account, our, their, plan, step: 0, chosen: {}, until: host.clock.now() + FORM_TIME },
        ...{ fresh: true, codes: 0, extra: 0, tries: 0 },
        ...(thread !== undefined && { thread }),
      };
      return { text: opening(plan), writes: [keep(asked)] };
    },
    async takeBack(id, { our, their }) {
      const form = await state.form(our, their);
      return form?.id === id ? [state.forgetForm(form)] : [];
    },
    async heard({ text, media, sid }, at) {
      const now = await current(at);
      if (!now) return NOTHING;
      const { form, before } = now;
      const verdict = media.length > 0 ? { form, counts: false } : heard(form, text, host.clock.now());
      if (verdict.form === form) return { ...before, counts: verdict.counts };
      const over = form.end === undefined && verdict.form.end !== undefined;
      return {
        counts: verdict.counts,
        drafts: [...before.drafts, ...(over ? [told(verdict.form, sid)] : [])],
        writes: [keep(verdict.form)],
      };
    },
    async stopped(at) {
      const now = await current(at);
      if (!now) return NOTHING;
      return now.form.end === undefined ? end(now.form, 'stopped') : now.before;
    },
    async interrupted({ our, their }) {
      const form = await state.form(our, their);
      return form?.fresh ? [keep({ ...form, fresh: false })] : [];
    },
    flush,
    async round() {
      try {
        for (const form of await state.forms()) {
          await overdue(form);
          if (form.unsent !== undefined) await flush(form);
        }
      } catch (error) {
        host.log.error({ err: error }, 'forms cannot be looked through');
      }
    },
    idle: (ms) =>
      new Promise((done) => {
        const cancel = host.clock.after(ms, done);
        void Promise.all(sending).then(() => {
          cancel();
          done();
        });
      }),
  };
}
