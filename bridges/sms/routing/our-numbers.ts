import type { SmsTransport } from '#bridges/sms/transport.ts';
import { countryOf } from './numbers.ts';
import type { OurNumber } from './routing.ts';
import { accountOf } from './users.ts';

/** The country of a number of ours, in upper case; where it tells none, the one that the operator has named. */
export const homeOf = ({ config }: Pick<SmsTransport, 'config'>, our: string): string =>
  countryOf(our) ?? config.country ?? 'ZZ';

/** What the operator has said of a number of ours, for routing. */
export async function numberOf(transport: SmsTransport, our: string): Promise<OurNumber> {
  const { config, state } = transport;
  const owner = config.owners[our];
  const last = config.first_contact === 'last' ? await state.last(our) : undefined;
  return {
    ...(owner && { owner: accountOf(transport, owner.user) }),
    dedicated: owner?.dedicated ?? false,
    first: config.first_contact,
    menu: config.menu.map((user) => accountOf(transport, user)),
    ...(last !== undefined && { last }),
  };
}
