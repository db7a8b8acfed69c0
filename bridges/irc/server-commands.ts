import { act, type Command, type CommandWork, type Step } from '#src/bridge.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { joined, type Words, wordsIn } from '#src/model/language.ts';
import { addresses } from './addresses.ts';
import type { IrcConfig } from './config.ts';
import { serverCommandTexts as texts } from './texts.ts';

type Work = CommandWork<IrcConfig>;
type Talk = AsyncGenerator<Step, Words, Answer>;

// Nodes and fields are called as scripts and users of other gateways know them.

async function* ping(): Talk {
  yield* [];
  return 'Pong';
}

async function* hello(): Talk {
  const name: Field = { name: 'name', label: texts.name, type: 'text', required: true };
  const form: Form = { title: texts.hello, instructions: texts.helloInstructions, fields: [name] };
  const { name: [given = ''] = [] } = yield { kind: 'form', form, last: true };
  return texts.greeting(given);
}

const optionsOf = (values: Iterable<string>) => [...new Set(values)].sort().map((value) => ({ value, label: value }));

const quitMessage = (words: Words, { host, account }: Work): Field & { readonly value: readonly string[] } => ({
  ...{ name: 'quit-message', label: texts.quitMessage, type: 'text' },
  value: [wordsIn(words, host.language(account))],
});

/** Everybody with a connection. */
const connected = ({ sessions }: Work): string[] => sessions.list().map(({ account }) => splitAccount(account).user);

/** Whose connections are to end: an admin says so, everybody else has but their own. */
async function* whom(work: Work): AsyncGenerator<Step, BareJid, Answer> {
  const { user } = splitAccount(work.account);
  if (!work.admin) return user;
  const jid: Field = {
    ...{ name: 'jid', label: texts.jid, type: 'choice', required: true },
    options: optionsOf([user, ...connected(work)]),
  };
  const form: Form = { title: texts.disconnectServers, instructions: texts.whose, fields: [jid] };
  const { jid: [chosen] = [] } = yield { kind: 'form', form };
  return (chosen ?? user) as BareJid;
}

async function* disconnectFromServers(work: Work): Talk {
  const user = yield* whom(work);
  const account = accountKey(user, work.host.transport);
  const own = work.sessions.list().filter((key) => key.account === account);
  if (own.length === 0) return texts.notConnected(user);
  const servers: Field = {
    ...{ name: 'irc-servers', label: texts.servers, type: 'choices', required: true },
    options: optionsOf(own.map(({ realm }) => realm)),
  };
  const message = quitMessage(texts.quitDefault, work);
  const fields = [servers, message];
  const form: Form = { title: texts.disconnectServers, instructions: texts.whichServers, fields };
  const answer = yield { kind: 'form', form, last: true };
  const { [message.name]: [words = ''] = message.value } = answer;
  const ended = own.filter(({ realm }) => answer['irc-servers']?.includes(realm));
  yield* act(() => Promise.all(ended.map((key) => work.sessions.end(key, words))));
  return texts.disconnected(user, ended.length);
}

async function* disconnectUsers(work: Work): Talk {
  const users = connected(work);
  if (users.length === 0) return texts.nobody;
  const jids: Field = {
    ...{ name: 'jids', label: texts.users, type: 'choices', required: true },
    options: optionsOf(users),
  };
  const message = quitMessage(texts.byOperator, work);
  const fields = [jids, message];
  const form: Form = { title: texts.disconnectUser, instructions: texts.whichUsers, fields };
  const answer = yield { kind: 'form', form, last: true };
  const { [message.name]: [words = ''] = message.value } = answer;
  const chosen = new Set(answer.jids);
  const ended = work.sessions.list().filter(({ account }) => chosen.has(splitAccount(account).user));
  yield* act(() => Promise.all(ended.map((key) => work.sessions.end(key, words))));
  return texts.usersDisconnected(new Set(ended.map(({ account }) => account)).size);
}

async function* reload(): Talk {
  yield* [];
  return texts.noReload;
}

/** Seconds at the end of an ISO 8601 time are enough. */
const timeOf = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

async function* connectionInfo(work: Work): Talk {
  yield* [];
  const { bridge, session, account, place, host, config } = work;
  const realm = place.kind === 'realm' ? place.realm : (config.fixed_server ?? '');
  if (!session) return texts.notThere(realm);
  const { server, encrypted, since } = await bridge.ask({ kind: 'session', realm }, session);
  const seconds = Math.floor((host.clock.now() - since) / 1000);
  const { parse } = addresses(config.fixed_server);
  const rooms = Map.groupBy(work.sessions.clients({ account, realm: session.realm }), (one) =>
    one.place.kind === 'shared' ? one.place.id : '',
  );
  const resources = (jids: readonly { jid: string }[]) =>
    jids.map(({ jid }) => jid.slice(jid.indexOf('/') + 1)).join(' ');
  return joined([
    texts.connectedTo(server, encrypted, timeOf(since), seconds),
    ...[...rooms].map(([id, all]) => texts.from(parse(id).name, all.length, resources(all))),
  ]);
}

/** The commands of the gateway and of a server. */
export const serverCommands: readonly Command<IrcConfig>[] = [
  { node: 'ping', on: 'gateway', who: 'user', title: texts.ping, run: ping },
  { node: 'hello', on: 'gateway', who: 'user', title: texts.hello, run: hello },
  {
    node: 'disconnect-from-irc-server',
    on: 'gateway',
    who: 'user',
    title: texts.disconnectServers,
    run: disconnectFromServers,
  },
  { node: 'disconnect-user', on: 'gateway', who: 'admin', title: texts.disconnectUser, run: disconnectUsers },
  { node: 'reload', on: 'gateway', who: 'admin', title: texts.reload, run: reload },
  { node: 'get-irc-connection-info', on: 'realm', who: 'user', title: texts.info, run: connectionInfo },
];
