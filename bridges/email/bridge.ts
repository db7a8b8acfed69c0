import { email } from '#mappings/email.ts';
import type { Bridge, Host } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import { openOwnMailboxes } from './account/accounts.ts';
import { openOwnMails } from './account/own-mails.ts';
import { resolveMailbox } from './addresses.ts';
import type { EmailConfig } from './config.ts';
import { watchForms } from './forms/expiry.ts';
import { openMailForms } from './forms/forms.ts';
import { serveFormPage } from './forms/page.ts';
import { openAuthenticate } from './in/authentication/authenticate.ts';
import { openNameCache } from './in/authentication/lookups.ts';
import { openIncoming } from './in/incoming.ts';
import { openListener } from './in/listener.ts';
import { openMailboxReader } from './in/mailbox-reader.ts';
import { openOriginals } from './in/originals.ts';
import { openPersonal } from './in/personal.ts';
import { openReports } from './in/reports.ts';
import { openOutgoing } from './out/outgoing.ts';
import { openSmarthost } from './out/smarthost.ts';
import { openSuppression } from './out/suppression.ts';
import { openResolver } from './resolver.ts';
import { openGroupBook } from './rooms/group-book.ts';
import { openGroupMails } from './rooms/group-mails.ts';
import { openMailRooms } from './rooms/mail-rooms.ts';
import { openReplyAll } from './rooms/reply-all.ts';
import { serveStopPage } from './stop-page.ts';
import { openChosenNames } from './threads/alias.ts';
import { openShownPeers, type ShownPeer, type ShownPeers } from './threads/shown.ts';
import { openMailState } from './threads/state.ts';
import { type EmailTransport, openAlone, settingsOf } from './transport.ts';
import { openMailParser } from './wire/parser.ts';
import { splitMail } from './wire/split.ts';

/** Opens a mail transport: it listens for what comes, and sends over the operator's mail server. */
export async function openBridge(config: EmailConfig, host: Host): Promise<Bridge> {
  const state = await openMailState(host);
  const shown = await openShownPeers(host, state);
  const transport: EmailTransport = { host, config, state, shown, alone: openAlone(host) };
  const smarthost = openSmarthost(config, host);
  const suppression = openSuppression(transport);
  const forms = openMailForms(transport);
  const book = openGroupBook(transport);
  const originals = openOriginals(transport);
  const parser = openMailParser();
  let paused = false;
  const dns = openResolver(config);
  const personal = openPersonal(transport, { parser, forms, originals, groups: openGroupMails(transport, book) });
  const reports = openReports(transport, suppression);
  const intake = openIncoming(
    transport,
    {
      parser,
      split: splitMail,
      authenticate: openAuthenticate(),
      resolver: openNameCache(
        (name, type) => dns.resolve(name, type),
        () => host.clock.now(),
      ),
    },
    { personal, reports, own: openOwnMails(transport, { personal, reports }, parser) },
    () => paused,
  );
  const mailboxes = openOwnMailboxes(transport, intake, () => paused);
  const outgoing = openOutgoing(transport, { smarthost, suppression, forms, intake });
  const { handOver } = intake;
  const replyAll = openReplyAll(transport, { book, smarthost, suppression, handOver, ownOf: mailboxes.now });
  const rooms = openMailRooms(transport, book, replyAll);
  serveStopPage(transport, suppression);
  serveFormPage(transport, forms);
  const stopWatching = watchForms(transport, forms);
  const listeners = await openListeners(config, host, intake);
  const { imap } = config.incoming;
  const reader = imap && openMailboxReader(imap, { host, config, intake });
  let closed = false;

  return {
    connect: mailboxes.connect,
    deliver: (event, session) => (event.place.kind === 'room' ? rooms : outgoing).deliver(event, mailboxes.of(session)),
    deliverTogether: (events, session) =>
      (events[0]?.place.kind === 'room' ? rooms : outgoing).deliverTogether(events, mailboxes.of(session)),
    reconcile: (event) => (event.place.kind === 'room' ? replyAll : outgoing).reconcile(event),
    burst: async (account) => (await settingsOf(transport, account)).window * 1000,
    ask: async <Q extends Query>(query: Q) => ((await rooms.ask(query)) ?? answer(query)) as ReplyTo<Q>,
    withdraw: outgoing.withdraw,
    openFile: originals.open,
    narrow: openNarrowing(config, shown),
    unlink: (account, login) => mailboxes.unlink(account, login),
    forget: async (account, logins) => {
      await openChosenNames(transport).forget(account);
      await shown.forget(account);
      replyAll.forget(account);
      await mailboxes.forget(logins);
    },
    pause(now) {
      paused = now;
      if (now) return;
      reader?.resume();
      mailboxes.resume();
    },
    changed(account) {
      void mailboxes.changed(account)?.catch((error: unknown) => host.log.error({ err: error }, 'settings'));
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      stopWatching();
      await Promise.all([...listeners.map((one) => one.end()), reader?.close(), mailboxes.close()]);
      const idle = Promise.all([outgoing.close(), rooms.close(), replyAll.close()]);
      smarthost.close();
      await idle;
      await parser[Symbol.asyncDispose]();
    },
  };
}

async function openListeners(config: EmailConfig, host: Host, intake: Parameters<typeof openListener>[2]['intake']) {
  const { lmtp, smtp } = config.incoming;
  const given = { host, config, intake };
  return [
    // A mail server of ours opens as many connections as it likes.
    ...(lmtp ? [await openListener('lmtp', { ...lmtp, perPeer: 200 }, given)] : []),
    ...(smtp ? [await openListener('smtp', smtp, given)] : []),
  ];
}

function answer(query: Query): Reply {
  if (query.kind === 'resolve') return { kind: 'resolve', id: resolveMailbox(query.text) };
  if (query.kind === 'ping' && query.who === undefined) return { kind: 'ping', ms: 0 };
  throw new Failure('not-supported');
}

/**
 * People and threads are written to, with files as large as the operator lets. Changes go to whose program has shown to know them. What is
 * carried alike is one and the same: it is compared on the way of each message.
 */
function openNarrowing({ attachments: fileSize }: EmailConfig, shown: ShownPeers): (place: Place) => Capabilities {
  const { facts } = email;
  const known = new Map<string, Capabilities>();
  const nowhere: Capabilities = { ...facts, out: {}, in: {}, files: {} };
  const carried = ({ chat, reacts }: ShownPeer): Capabilities => {
    const changes = chat ? 'partial' : 'none';
    const out = { ...facts.out, edit: changes, retract: changes } as const;
    return { ...facts, fileSize, out, reactions: reacts ? {} : { unread: true } };
  };
  const thread = carried({ chat: false });
  const inThread: Capabilities = { ...thread, out: { ...thread.out, marker: 'none', receipt: 'none' } };
  return (place) => {
    if (place.kind !== 'contact') return place.kind === 'room' ? inThread : nowhere;
    const peer = shown.of(place.account, place.id);
    const key = `${peer.chat} ${peer.reacts !== undefined}`;
    const found = known.get(key) ?? carried(peer);
    known.set(key, found);
    return found;
  };
}
