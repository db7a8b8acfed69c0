import { smartEncode } from '#mappings/smart.ts';
import { recipientOf } from './addresses.ts';
import type { Parts } from './parts.ts';

/** Sends a text of the gateway itself. Resolves with whether it went. Never rejects. */
export type Automatic = (our: string, their: string, text: string) => Promise<boolean>;

export const openAutomatic =
  ({ host, provider }: Pick<Parts, 'host' | 'provider'>): Automatic =>
  async (our, their, text) => {
    try {
      await provider.send({ from: our, to: recipientOf(their), text: smartEncode(text), media: [] });
      return true;
    } catch (error) {
      host.log.warn({ err: error }, 'an automatic text could not be sent');
      return false;
    }
  };
