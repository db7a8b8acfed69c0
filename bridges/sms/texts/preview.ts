import { addresses, recipientOf } from '#bridges/sms/addresses.ts';
import { inContact } from '#bridges/sms/routing/conversation.ts';
import { checkPermitted } from '#bridges/sms/routing/numbers.ts';
import { chooseNumber } from '#bridges/sms/routing/pool.ts';
import { sendRefusalOf } from '#bridges/sms/routing/reachability.ts';
import { prefixInputOf } from '#bridges/sms/routing/sender-prefix.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { Preview } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { chargesAbove } from './costs.ts';
import { encode } from './encode.ts';

/** A text as a phone would get it, and our number from which it would come. Keeps nothing. Rejects as a delivery would. */
export async function preview(transport: SmsTransport, event: Event): Promise<Preview> {
  if (event.kind !== 'message' || event.place.kind !== 'contact') throw new Failure('not-supported');
  const { config, state, host, provider } = transport;
  const { account, id } = event.place;
  const their = addresses.fold(addresses.parse(id)).name;
  recipientOf(their);
  checkPermitted(their, { countries: config.countries, refused: config.refused, own: config.provider.numbers });
  const our = await chooseNumber(transport, account, their);
  const refused = await sendRefusalOf(transport, { account, our, their });
  if (refused !== undefined) throw new Failure('not-permitted', { text: refused });
  const conversation = inContact(await state.conversation(our, their), account, host.clock.now());
  const { text } = encode(event, {
    speaking: await prefixInputOf(transport, account, our, conversation),
    mostSegments: config.max_segments,
    mms: provider.capabilities.mms,
  });
  const charges = chargesAbove(text, event.text);
  return { text, from: our, ...(charges.length > 0 && { charges }) };
}
