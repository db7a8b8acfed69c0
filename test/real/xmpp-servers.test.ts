import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../patience.ts';
import { type RawComponent, rawComponent } from './component.ts';
import { describeReal, xml, xmppClient } from './servers.ts';
import { startXmppServer, type XmppServerName, xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

const IRC = 'irc.localhost';
const SMS = 'sms.localhost';
const options = { domains: { [IRC]: 'one', [SMS]: 'two' }, users: { alice: 'p"s\\s', bob: 'pw' } };

const component = (port: number, domain: typeof IRC | typeof SMS) =>
  rawComponent({ port, domain, secret: options.domains[domain] ?? '' });
const login = (port: number) => xmppClient({ port, user: 'alice', password: options.users.alice });

const message = (from: string | undefined, to: string, id: string) =>
  xml('message', { ...(from && { from }), to, id }, xml('body', {}, id));

/** Resolves when what the server took from a component before now has come, by a message to itself. */
async function barrier(own: RawComponent): Promise<void> {
  await own.send(message(IRC, IRC, 'barrier'));
  await own.next((stanza) => stanza.attrs.id === 'barrier', 'its message to itself');
}

for (const name of xmppServerNames) {
  const { needs, version, privilege } = xmppServerKinds[name];
  describeReal(name, needs, () => {
    test('carries what users and components write, to themselves as well', async () => {
      await using server = await startXmppServer(name, { ...options, globalRoutes: false });
      const { c2s, component: port } = server.ports;
      await using irc = await component(port, IRC);
      await using sms = await component(port, SMS);
      await using alice = await login(c2s);
      for (const [own, domain] of [
        [irc, IRC],
        [sms, SMS],
      ] as const) {
        await alice.send(message(undefined, `x@${domain}`, domain));
        const got = await own.next((stanza) => stanza.is('message'), 'the message of alice');
        expect([got.attrs.from, got.attrs.to, got.getChildText('body')]).toEqual([alice.jid, `x@${domain}`, domain]);
        await own.send(message(`x@${domain}`, alice.jid, domain));
        const answer = await alice.next((stanza) => stanza.is('message'), 'the answer');
        expect(answer.attrs.from).toBe(`x@${domain}`);
        await own.send(message(domain, domain, 'to itself'));
        const back = await own.next((stanza) => stanza.attrs.id === 'to itself', 'its message to itself');
        expect(back.attrs.from).toBe(domain);
      }
    });

    test('refuses a component with a wrong secret and a user with a wrong password', async () => {
      await using server = await startXmppServer(name, options);
      const { c2s, component: port } = server.ports;
      await expect(rawComponent({ port, domain: IRC, secret: 'wrong' })).rejects.toThrow(/not-authorized/);
      await expect(xmppClient({ port: c2s, user: 'bob', password: 'no' })).rejects.toThrow(/authorized/);
    });

    test('says which rights a component has where the module is loaded, and nothing where it is not', async () => {
      const isPrivilege = (stanza: { getChild(name: string, xmlns: string): unknown }) =>
        stanza.getChild('privilege', privilege) !== undefined;
      await using server = await startXmppServer(name, { ...options, privileged: [IRC] });
      await using irc = await component(server.ports.component, IRC);
      await using _alice = await login(server.ports.c2s);
      const told = await irc.next(isPrivilege, 'the rights');
      const text = told.toString();
      for (const access of ['roster', 'message', 'presence']) expect(text).toMatch(new RegExp(`access=['"]${access}`));
      expect(text.includes('http://jabber.org/protocol/pubsub#owner')).toBe(name !== 'ejabberd');

      await using without = await startXmppServer(name, options);
      await using other = await component(without.ports.component, IRC);
      await barrier(other);
      expect(other.count()).toBe(1);
    });

    test('stands still and goes on, is killed and comes back with its users', async () => {
      await using server = await startXmppServer(name, options);
      const { c2s, component: port } = server.ports;
      {
        await using irc = await component(port, IRC);
        await using alice = await login(c2s);
        server.freeze();
        await eventually(() => expect(stateOf(server.pid())).toBe('T'));
        await alice.send(message(undefined, IRC, 'later'));
        server.thaw();
        await irc.next((stanza) => stanza.attrs.id === 'later', 'what was written meanwhile');
        server.freeze();
        await server.kill();
        await irc.ended;
      }
      await server.restart();
      await using _irc = await component(port, IRC);
      await using _alice = await login(c2s);
    });

    test('is of its version and leaves no process behind', async () => {
      const server = await startXmppServer(name, options);
      expect(server.output()).toContain(version);
      expect(processesOf(server.dir)).toContain(server.pid());
      await server[Symbol.asyncDispose]();
      await eventually(() => expect(processesOf(server.dir)).toEqual([]));
    });
  });
}

for (const name of ['ejabberd', 'ejabberd24'] as const satisfies XmppServerName[]) {
  describeReal(`${name} with global_routes`, xmppServerKinds[name].needs, () => {
    test('spreads what is for one domain over the connections of all, unless it is switched off', async () => {
      expect(await spread(name, undefined)).toEqual({ own: true, other: true });
      expect(await spread(name, true)).toEqual({ own: true, other: true });
      expect(await spread(name, false)).toEqual({ own: true, other: false });
    });
  });
}

/** On which of the two connections the messages to one domain come. */
async function spread(name: XmppServerName, globalRoutes: boolean | undefined) {
  await using server = await startXmppServer(name, { ...options, ...(globalRoutes !== undefined && { globalRoutes }) });
  const { c2s, component: port } = server.ports;
  await using own = await component(port, IRC);
  await using other = await component(port, SMS);
  await using alice = await login(c2s);
  // The connection is drawn for each stanza: that all of them take the same one does not happen.
  const sent = 64;
  for (let n = 0; n < sent; n++) await alice.send(message(undefined, `x@${IRC}`, `m${n}`));
  await eventually(() => expect(own.count() + other.count()).toBe(sent));
  return { own: own.count() > 0, other: other.count() > 0 };
}

/** The state of a process as proc(5) has it: `T` is stopped. */
const stateOf = (pid: number): string | undefined => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

/** The processes whose arguments or environment name a folder. Those that have ended and wait for their parent have neither. */
function processesOf(dir: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => ['cmdline', 'environ'].some((file) => read(`/proc/${pid}/${file}`).includes(dir)))
    .map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
