import { mailServer } from '../../test/fakes/mail-server.ts';
import { startNameServer } from '../../test/fakes/name-server.ts';
import type { Network } from '../network.ts';
import type { PigeonLoad } from '../pigeon/network.ts';
import { quietPort } from '../sms/ports.ts';
import { DOMAIN, NOBODY, openMailLoad } from './load.ts';

/** Mailboxes behind a mail server that outlives the gateway. */
export const emailNetwork: Network<PigeonLoad> = {
  domain: DOMAIN,
  there: 'in the mailbox',
  gapless: true,
  async open(parts) {
    const server = await mailServer({ nobody: NOBODY });
    const names = await startNameServer({});
    const lmtp = await quietPort(parts.random);
    const load = openMailLoad({ ...parts, server, lmtp });
    return {
      load,
      figures: load.figures,
      setting: { kind: 'email', smtp: server.port, lmtp, dns: names.port },
      async [Symbol.asyncDispose]() {
        load[Symbol.dispose]();
        await server[Symbol.asyncDispose]();
        await names[Symbol.asyncDispose]();
      },
    };
  },
};
