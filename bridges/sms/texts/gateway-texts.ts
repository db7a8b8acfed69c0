import { recipientOf } from '#bridges/sms/addresses.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import { smartEncode } from '#mappings/smart.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { chargesOf } from './costs.ts';

/** A text of the gateway itself that may be sent: what it costs is reserved. */
export type PaidText = { readonly text: string; giveBack(): Promise<void> };

/** A text that is paid for already, or has to be sent whatever it costs. */
export const free = (text: string): PaidText => ({ text, giveBack: async () => undefined });

/** Texts of the gateway itself. */
export type GatewayTexts = {
  /**
   * Reserves what a text costs, for an account or for nobody in particular. Resolves with nothing where no more may be
   * spent. Rejects with any other `Failure`.
   */
  pay(text: string, account?: AccountKey): Promise<PaidText | undefined>;
  /** Sends a text, and gives back what it would have cost if it surely did not go. Resolves with whether it went. Never rejects. */
  send(our: string, their: string, paid: PaidText): Promise<boolean>;
};

export function openGatewayTexts({ host, provider }: Pick<SmsTransport, 'host' | 'provider'>): GatewayTexts {
  async function failed(error: unknown, { giveBack }: PaidText): Promise<void> {
    host.log.warn({ err: error }, 'an automatic text could not be sent');
    if (!(error instanceof Failure) || !error.certain) return;
    await giveBack().catch((err: unknown) => host.log.error({ err }, 'a budget was not given back'));
  }

  return {
    async pay(text, account) {
      try {
        return { text, giveBack: await host.charge(chargesOf(text), account) };
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'budget-exhausted') throw error;
        host.log.warn('an automatic text is not sent: the budget is spent');
        return undefined;
      }
    },
    async send(our, their, paid) {
      try {
        await provider.send({ from: our, to: recipientOf(their), text: smartEncode(paid.text), media: [] });
        return true;
      } catch (error) {
        await failed(error, paid);
        return false;
      }
    },
  };
}
