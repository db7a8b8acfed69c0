import { z } from 'zod';
import type { DemoPhones, DemoText } from '#bridges/sms/provider/demo.ts';
import { Failure } from '#src/model/failure.ts';

const number = z.string().regex(/^\+[1-9]\d{6,14}$/);

/** A phone that a transport reaches; `after` is the last text that was seen of it. */
export const seen = z.strictObject({ transport: z.string(), number, after: z.string().optional() });
export const typed = z.strictObject({ transport: z.string(), number, to: number, text: z.string().min(1).max(1600) });

/** What is on a phone, the oldest first. Rejects with a `Failure` where the transport has none. */
export async function textsOn({ transport, number: own, after }: z.output<typeof seen>): Promise<readonly DemoText[]> {
  const texts = (await phonesOf(transport)).texts.filter(({ from, to }) => from === own || to === own);
  return texts.slice(texts.findIndex(({ sid }) => sid === after) + 1);
}

/** Somebody types on a phone. Resolves once the gateway has it. Rejects with a `Failure` where the transport has none. */
export async function typeOn({ transport, number: own, to, text }: z.output<typeof typed>): Promise<null> {
  await (await phonesOf(transport)).write(own, to, text);
  return null;
}

/** Most gateways have a real provider, and never load this one. */
async function phonesOf(transport: string): Promise<DemoPhones> {
  const { demoPhones } = await import('#bridges/sms/provider/demo.ts');
  const phones = demoPhones(transport);
  if (!phones) throw new Failure('item-not-found', { text: `${transport} has no phones that a command could play` });
  return phones;
}
