import { startEmptyNameServer } from '#src/process/cli/demo/servers/names.ts';
import { type NetworkParts, networkOf, type World } from '../network.ts';
import { quietPort } from '../ports.ts';
import { USERS } from '../setting.ts';
import { auditMailFates, auditRepeats } from './audit.ts';
import { type HandingOn, openHandingOn } from './handing-on.ts';
import { type MailLoad, openMailLoad } from './load.ts';
import { ADDRESSES, DOMAIN } from './names.ts';
import { openSmarthost, type Smarthost } from './smarthost.ts';

export type { MailLoad } from './load.ts';

/** The servers of mail, as an experiment sees them. */
export type MailWorld = World<MailLoad> & { readonly smarthost: Smarthost; readonly handing: HandingOn };

/** Mailboxes behind servers of mail that fail. */
export const emailNetwork = networkOf<MailLoad, MailWorld>(
  { domain: DOMAIN, there: 'in a mailbox', gapless: true },
  openWorld,
);

async function openWorld(parts: NetworkParts): Promise<MailWorld> {
  const { ledger, random } = parts;
  await using stack = new AsyncDisposableStack();
  const names = stack.use(await startEmptyNameServer());
  const { port: lmtp } = stack.use(await quietPort());
  const { port } = stack.use(await quietPort());
  const handing = openHandingOn(lmtp, random, ledger.violate);
  const smarthost: Smarthost = stack.use(await openSmarthost({ port, random }, (mail) => load.deliver(mail)));
  const load = openMailLoad(
    { ...parts, taken: () => smarthost.taken, addressOf: (user) => `${user}=${USERS}@${ADDRESSES}` },
    handing,
  );
  stack.defer(() => {
    load.end();
    handing.end();
  });
  let repeats = 0;
  const opened = stack.move();
  return {
    ...{ load, smarthost, handing },
    setting: { kind: 'email', smtp: smarthost.port, lmtp, dns: names.port },
    audit(accepted) {
      repeats = auditRepeats(smarthost.taken, ledger);
      auditMailFates(smarthost, load.fates, accepted, ledger);
    },
    figures: () => ({
      ...{ mails: smarthost.taken.length, repeatedMails: repeats },
      ...{ smarthost: smarthost.figures, handedOn: handing.figures },
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
