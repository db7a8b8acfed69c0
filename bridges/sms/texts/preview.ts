import { addresses, recipientOf } from '#bridges/sms/addresses.ts';
import { checkPermitted } from '#bridges/sms/routing/numbers.ts';
import { chooseNumber } from '#bridges/sms/routing/pool.ts';
import { speakingOf } from '#bridges/sms/routing/speaking.ts';
import { refusalOf } from '#bridges/sms/routing/standing.ts';
import { touched } from '#bridges/sms/routing/thread.ts';
import type { Parts } from '#bridges/sms/transport.ts';
import type { Preview } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { chargesAbove } from './costs.ts';
import { encode } from './encode.ts';

/** A text as a phone would get it, and our number from which it would come. Keeps nothing. Rejects as a delivery would. */
export async function preview(parts: Parts, event: Event): Promise<Preview> {
  if (event.kind !== 'message' || event.place.kind !== 'contact') throw new Failure('not-supported');
  const { config, memory, host, provider } = parts;
  const { account, id } = event.place;
  const their = addresses.fold(addresses.parse(id)).name;
  recipientOf(their);
  checkPermitted(their, { countries: config.countries, refused: config.refused, own: config.provider.numbers });
  const our = await chooseNumber(parts, account, their);
  const refused = await refusalOf(parts, { account, our, their });
  if (refused !== undefined) throw new Failure('not-permitted', { text: refused });
  const thread = touched(await memory.thread(our, their), account, host.clock.now());
  const { text } = encode(event, {
    speaking: await speakingOf(parts, account, our, thread),
    mostSegments: config.max_segments,
    mms: provider.capabilities.mms,
  });
  const charges = chargesAbove(text, event.text);
  return { text, from: our, ...(charges.length > 0 && { charges }) };
}
