import { expect, it } from 'vitest';
import { openOwnMailboxes } from '#bridges/email/account/accounts.ts';
import { credentialsOf, newLink } from '#bridges/email/account/mail-login.ts';
import { config as configSchema } from '#bridges/email/config.ts';
import { openShownPeers } from '#bridges/email/threads/shown.ts';
import { openMailState } from '#bridges/email/threads/state.ts';
import { openAlone } from '#bridges/email/transport.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';
import { type ScriptedImap, scriptedImap } from '../../../fakes/imap-server.ts';

const DOMAIN = 'mail.example';
const account = accountKey('romeo@a.example' as BareJid, DOMAIN);

type Play = {
  readonly imap: ScriptedImap;
  readonly mailboxes: ReturnType<typeof openOwnMailboxes>;
  readonly host: Host;
  /** What is done before something is written, and before it is listed what is left of a folder. */
  readonly before: { write(): Promise<void>; list(): Promise<void> };
  login(): { readonly realm: ''; readonly credentials: ReturnType<typeof credentialsOf> };
  connect(login: ReturnType<Play['login']>): Promise<unknown>;
};

/** Mailboxes of users, with a store that can be slow or away. */
async function play(work: (play: Play) => Promise<void>): Promise<void> {
  await using imap = await scriptedImap();
  const world = testHost(DOMAIN, { account: {} } as never);
  const before: Play['before'] = { write: async () => undefined, list: async () => undefined };
  const { state } = world.host;
  const write: Host['state']['write'] = async (writes: readonly StateWrite[]) => {
    await before.write();
    return state.write(writes);
  };
  const list: Host['state']['list'] = async (at) => {
    if (at.prefix.startsWith('imap-left/')) await before.list();
    return state.list(at);
  };
  const host = { ...world.host, state: { ...state, write, list } };
  const server = { host: '127.0.0.1', port: imap.port, tls: 'off' };
  const config = configSchema.parse({
    domain: DOMAIN,
    outgoing: { host: '127.0.0.1', port: 1, tls: 'off' },
    incoming: { lmtp: '127.0.0.1:0' },
    accounts: { providers: [{ domains: ['home.example'], imap: server, submission: server }] },
  });
  const kept = await openMailState(host);
  const transport = { host, config, state: kept, shown: await openShownPeers(host, kept), alone: openAlone(host) };
  const mailboxes = openOwnMailboxes(transport, {} as never, () => false);
  const address = 'romeo@home.example';
  await work({
    ...{ imap, mailboxes, host, before },
    login: () => ({
      realm: '',
      credentials: credentialsOf({
        ...{ address, user: address, link: newLink(), imap: '', submission: '' },
        secret: { password: 'pw' },
      }),
    }),
    connect: ({ credentials }) =>
      mailboxes.connect({ account, realm: '' }, { nick: '', credentials } as never, new AbortController().signal),
  });
  await mailboxes.close();
}

it('leaves no line to a mailbox open whose address could not be kept', () =>
  play(async ({ imap, mailboxes, before, login, connect }) => {
    // The progress of its folder is the first that is written.
    let writes = 0;
    before.write = async () => {
      if (++writes === 2) throw new Error('the store is away');
    };
    await expect(connect(login())).rejects.toThrow('the store is away');
    await imap.when(() => imap.open === 0);
    expect(mailboxes.now(account)).toBeUndefined();
  }));

it('keeps how far a mailbox was read that is linked while an earlier one is given up yet', () =>
  play(async ({ mailboxes, host, before, login, connect }) => {
    const first = login();
    // What is left of an earlier run is looked for first: it goes on reading.
    const [held, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    before.list = () => {
      asked.resolve();
      return held.promise;
    };
    await connect(first);
    await asked.promise;
    before.list = async () => undefined;
    const givenUp = mailboxes.unlink(account, first);
    await connect(login());
    held.resolve();
    await givenUp;
    const kept = await host.state.list({ account, prefix: 'imap' });
    expect(kept.map(({ key }) => key.replace(/\/.*$/, ''))).toEqual(['imap-address', 'imap']);
    expect(mailboxes.now(account)).toBeDefined();
  }));
