import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Config } from '#src/config.ts';
import type { AnswerOf } from '#src/process/operations.ts';
import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import { ControlRefused, type Desk, findGateway } from './control.ts';
import { withConfig } from './with-desk.ts';

/** A number that is kept for fiction. */
const SOMEBODY = '+12015550123';
/** Milliseconds between two looks at the phone. */
const LOOK = 250;

type Text = AnswerOf<'phone.texts'>[number];
type Phone = { readonly desk: Desk; readonly transport: string; readonly number: string; readonly ours: string };

/**
 * `isthmus phone`: somebody's phone, where the provider is the demonstration's. Shows what comes, and sends each line that
 * is typed, until the end of the input or Ctrl-C. 1 for what is refused, 78 for a bad config.
 */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...CONFIG, transport: { type: 'string' } }, 1);
  const number = (positionals[0] ?? SOMEBODY).replace(/[\s().-]/g, '');
  if (!/^\+[1-9]\d{6,14}$/.test(number)) throw new UsageError(`a phone has a number such as ${SOMEBODY}`);
  const file = configOf(values);
  return await withConfig(file, async (config) => {
    const { domain, ours } = reached(config, values.transport);
    const desk = await findGateway(config, file);
    if (!desk) throw new ControlRefused('no gateway runs with this config: start it first, with "isthmus run"');
    await play({ desk, transport: domain, number, ours });
    return 0;
  });
}

const demo = z.object({ provider: z.object({ kind: z.literal('demo'), numbers: z.array(z.string()).min(1) }) });

/** The transport whose phones can be played, and a number of it. */
function reached({ transports }: Config, wanted: unknown): { readonly domain: string; readonly ours: string } {
  for (const { domain, settings } of transports) {
    const { data } = demo.safeParse(settings);
    const [ours] = data?.provider.numbers ?? [];
    if (ours !== undefined && (wanted === undefined || wanted === domain)) return { domain, ours };
  }
  const which = wanted === undefined ? 'no transport here' : `${String(wanted)} is no transport that`;
  throw new ControlRefused(`${which} has phones to play: that takes an SMS transport with "provider: { kind: demo }"`);
}

async function play(phone: Phone): Promise<void> {
  const { transport, number, ours, desk } = phone;
  print(
    `This is the phone ${number}: ${number}@${transport} on XMPP. What you type is texted to ${ours}. Ctrl-C ends.`,
  );
  const input = createInterface({ input: process.stdin });
  const ended = once(input, 'close').then(() => true);
  let answers = ours;
  input.on('line', (line) => {
    const text = line.trim();
    if (text !== '') sending = sending.then(() => send(text));
  });
  const send = async (text: string): Promise<void> => {
    await desk.call('phone.write', { transport, number, to: answers, text });
  };
  let sending: Promise<void> = Promise.resolve();
  let after: string | undefined;
  for (let over = false; ; ) {
    for (const text of await desk.call('phone.texts', { transport, number, after })) {
      after = text.sid;
      if (text.to === number) answers = text.from;
      print(lineOf(text, number));
    }
    if (over) return;
    over = await Promise.race([ended, new Promise<false>((later) => setTimeout(later, LOOK, false))]);
    await sending;
  }
}

/** Foreign words on a terminal: nothing in them is a command to it. */
const lineOf = ({ from, text, at }: Text, number: string): string =>
  `${new Date(at).toTimeString().slice(0, 5)}  ${from === number ? 'you' : from}: ${text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')}`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
