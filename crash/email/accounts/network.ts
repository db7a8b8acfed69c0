import { startEmptyNameServer } from '#src/process/cli/demo/servers/names.ts';
import { type NetworkParts, networkOf, type World } from '../../network.ts';
import { quietPort } from '../../ports.ts';
import { auditMailFates, auditRepeats, UNTRIED } from '../audit.ts';
import { DOMAIN } from '../names.ts';
import { openSmarthost, type Smarthost } from '../smarthost.ts';
import { auditMailboxes } from './audit.ts';
import { type OwnMailLoad, openOwnMailLoad } from './load.ts';
import { type Mailboxes, openMailboxes } from './mailboxes.ts';

/** The servers of users' own mailboxes, as an experiment sees them. */
export type OwnMailWorld = World<OwnMailLoad> & { readonly smarthost: Smarthost; readonly mailboxes: Mailboxes };

/** Users' own mailboxes at servers that fail. */
export const ownMailNetwork = networkOf<OwnMailLoad, OwnMailWorld>(
  { domain: DOMAIN, there: 'in a mailbox', gapless: true },
  openWorld,
);

async function openWorld(parts: NetworkParts): Promise<OwnMailWorld> {
  const { ledger, random } = parts;
  await using stack = new AsyncDisposableStack();
  const names = stack.use(await startEmptyNameServer());
  const { port: lmtp } = stack.use(await quietPort());
  const { port } = stack.use(await quietPort());
  const mailboxes = stack.use(await openMailboxes(random));
  const smarthost: Smarthost = stack.use(await openSmarthost({ port, random }, (mail) => load.deliver(mail)));
  const load = openOwnMailLoad({ ...parts, taken: () => smarthost.taken }, mailboxes);
  stack.defer(() => load.end());
  let repeats = 0;
  const opened = stack.move();
  return {
    ...{ load, smarthost, mailboxes },
    setting: { kind: 'email', smtp: port, lmtp, dns: names.port, mailboxes: mailboxes.ports },
    audit(accepted) {
      repeats = auditRepeats(smarthost.taken, ledger);
      // Who writes while nobody answers at their mailbox hears that at once.
      auditMailFates(smarthost, load.fates, accepted, ledger, UNTRIED);
      auditMailboxes(mailboxes.all, smarthost.taken, ledger);
    },
    figures: () => ({
      ...{ mails: smarthost.taken.length, repeatedMails: repeats },
      ...{ smarthost: smarthost.figures, mailboxes: mailboxes.figures },
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
