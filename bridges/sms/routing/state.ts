import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { formSchema, type OpenForm } from '#bridges/sms/forms/forms.ts';
import { messageStateSchema, noMessageState } from '#bridges/sms/provider/statuses.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import {
  type Conversation,
  conversationSchema,
  newConversation,
  PAIR_TIME,
  prefixStateSchema,
  unexpired,
} from './conversation.ts';

const DAY = 24 * 3_600_000;
/** How long callbacks about a message are listened to. */
const MESSAGE_TIME = 14 * DAY;
/** How long a message that has not ended is asked for. */
const OPEN_TIME = 3 * DAY;
/** How long a text from outside is recognised as a repeat: signatures can be replayed for ever. */
const SEEN_TIME = 400 * DAY;

const messageSchema = z.object({
  account: z.string(),
  our: z.string(),
  their: z.string(),
  /** Hash of the text as it was sent, by which it is found in the provider's list. */
  text: z.string(),
  at: z.number(),
  messageState: messageStateSchema.default(noMessageState),
  /** What held before it of who writes: so it is again if it does not go. */
  before: prefixStateSchema.optional(),
});
/** A message of ours on its way, by our own reference. */
export type MessageRecord = z.infer<typeof messageSchema>;

const fileSchema = z.object({
  account: z.string(),
  their: z.string(),
  thread: z.string(),
  sid: z.string(),
  url: z.string(),
  at: z.number(),
  attempts: z.number(),
  /** What the sender calls itself. */
  name: z.string().exactOptional(),
});
/** A file that came with a text and is not fetched yet. */
export type WaitingFile = z.infer<typeof fileSchema>;

/**
 * What the bridge remembers over a restart. Keys hold keyed hashes, values are sealed: neither numbers nor texts stand
 * in the store in plain. `write...` make writes that are committed together, the others read.
 */
export type SmsState = {
  /** Keyed hash of what names something. */
  mac(...parts: readonly string[]): string;
  conversation(our: string, their: string): Promise<Conversation>;
  writeConversation(our: string, their: string, conversation: Conversation): StateWrite;
  /** The number of ours from which an account writes to somebody, and who wrote last from a number. */
  choice(account: AccountKey, their: string): Promise<string | undefined>;
  writeChoice(account: AccountKey, their: string, our: string): StateWrite;
  last(our: string): Promise<string | undefined>;
  writeLast(our: string, account: AccountKey): StateWrite;
  optedOut(our: string, their: string): Promise<boolean>;
  writeOptOut(our: string, their: string, out: boolean): StateWrite;
  /** Whether an account has ended its texts to a phone. */
  blocked(account: AccountKey, their: string): Promise<boolean>;
  writeBlocked(account: AccountKey, their: string, on: boolean): StateWrite;
  /** Why an account's texts do not get to a phone, as it was told last. */
  unreachable(account: AccountKey, their: string): Promise<string | undefined>;
  writeUnreachable(account: AccountKey, their: string, why: string | null): StateWrite;
  /** Nothing keeps an account's texts from a phone any more. */
  clearRefusals(account: AccountKey, their: string): readonly StateWrite[];
  seen(sid: string): Promise<boolean>;
  writeSeen(sid: string): StateWrite;
  message(ref: string): Promise<MessageRecord | undefined>;
  writeMessage(ref: string, message: MessageRecord): readonly StateWrite[];
  /** A message was surely not sent: nobody looks for it any more, unless an earlier try of it is told of. */
  writeUnsent(ref: string, message: MessageRecord): readonly StateWrite[];
  /** References of messages that have not ended. */
  open(): Promise<readonly string[]>;
  /** Our reference of a message of the provider, if it is ours. */
  refOf(sid: string): Promise<string | undefined>;
  files(): Promise<readonly { readonly key: string; readonly file: WaitingFile }[]>;
  writeFile(key: string, file: WaitingFile | null): StateWrite;
  /** The newest form that a phone was sent from a number of ours, and all that are kept. */
  form(our: string, their: string): Promise<OpenForm | undefined>;
  forms(): Promise<readonly OpenForm[]>;
  /** `end`: when it is forgotten, in milliseconds since 1970. */
  writeForm(form: OpenForm, end: number): StateWrite;
  forgetForm(form: OpenForm): StateWrite;
  /** When the provider's list was last read for a number. */
  polled(our: string): Promise<number | undefined>;
  writePolled(our: string, at: number): StateWrite;
};

/** Opens it, with the secret of its hashes, which is made at the first time. */
export async function openState({ state, clock }: Pick<Host, 'state' | 'clock'>): Promise<SmsState> {
  const known = await state.get({ key: 'secret' });
  const secret = known ?? randomBytes(32).toString('hex');
  if (known === undefined) await state.put({ key: 'secret' }, secret, { seal: true });
  const mac = (...parts: readonly string[]): string =>
    createHmac('sha256', secret).update(parts.join('\0')).digest('hex').slice(0, 40);
  const at = (kind: string, ...parts: readonly string[]) => ({ key: `${kind}/${mac(kind, ...parts)}` });
  const until = (ms: number) => ({ expires: clock.now() + ms });
  const sealed = { seal: true } as const;

  async function read<T>(schema: z.ZodType<T>, key: { key: string; account?: AccountKey }): Promise<T | undefined> {
    const text = await state.get(key);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }

  return {
    mac,
    async conversation(our, their) {
      return unexpired((await read(conversationSchema, at('thread', our, their))) ?? newConversation, clock.now());
    },
    writeConversation: (our, their, conversation) => ({
      ...at('thread', our, their),
      ...sealed,
      ...until(2 * PAIR_TIME),
      value: JSON.stringify(conversation),
    }),
    choice: (account, their) => state.get({ ...at('choice', their), account }),
    writeChoice: (account, their, our) => ({
      ...at('choice', their),
      account,
      ...sealed,
      ...until(PAIR_TIME),
      value: our,
    }),
    last: (our) => state.get(at('last', our)),
    writeLast: (our, account) => ({ ...at('last', our), ...sealed, value: account }),
    optedOut: async (our, their) => (await state.get(at('stop', our, their))) !== undefined,
    writeOptOut: (our, their, out) => ({ ...at('stop', our, their), value: out ? '1' : null }),
    blocked: async (account, their) => (await state.get({ ...at('block', their), account })) !== undefined,
    writeBlocked: (account, their, on) => ({ ...at('block', their), account, value: on ? '1' : null }),
    unreachable: (account, their) => state.get({ ...at('down', their), account }),
    writeUnreachable: (account, their, why) => ({ ...at('down', their), account, ...until(PAIR_TIME), value: why }),
    clearRefusals: (account, their) => ['down', 'block'].map((kind) => ({ ...at(kind, their), account, value: null })),
    seen: async (sid) => (await state.get(at('in', sid))) !== undefined,
    writeSeen: (sid) => ({ ...at('in', sid), ...until(SEEN_TIME), value: '1' }),
    message: (ref) => read(messageSchema, { key: `msg/${ref}` }),
    writeMessage(ref, message) {
      const expires = message.at + MESSAGE_TIME;
      const { sid, rank, failed } = message.messageState;
      return [
        { key: `msg/${ref}`, ...sealed, expires, value: JSON.stringify(message) },
        { key: `open/${ref}`, expires: message.at + OPEN_TIME, value: rank >= 3 || failed ? null : '1' },
        ...(sid === undefined ? [] : [{ key: `sid/${sid}`, expires, value: ref }]),
      ];
    },
    writeUnsent: (ref, { before: _, ...message }) => [
      { key: `msg/${ref}`, ...sealed, expires: message.at + MESSAGE_TIME, value: JSON.stringify(message) },
      { key: `open/${ref}`, value: null },
    ],
    open: async () => (await state.list({ prefix: 'open/' })).map(({ key }) => key.slice('open/'.length)),
    refOf: (sid) => state.get({ key: `sid/${sid}` }),
    async files() {
      const found = await state.list({ prefix: 'file/' });
      return found.map(({ key, value }) => ({ key, file: fileSchema.parse(JSON.parse(value)) }));
    },
    writeFile: (key, file) => ({ key, ...sealed, value: file && JSON.stringify(file) }),
    form: (our, their) => read(formSchema, at('form', our, their)),
    async forms() {
      const found = await state.list({ prefix: 'form/' });
      return found.map(({ value }) => formSchema.parse(JSON.parse(value)));
    },
    writeForm: (form, end) => ({
      ...at('form', form.our, form.their),
      ...sealed,
      expires: end,
      value: JSON.stringify(form),
    }),
    forgetForm: ({ our, their }) => ({ ...at('form', our, their), value: null }),
    async polled(our) {
      const text = await state.get(at('poll', our));
      return text === undefined ? undefined : Number(text);
    },
    writePolled: (our, time) => ({ ...at('poll', our), value: String(time) }),
  };
}
