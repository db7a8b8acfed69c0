import { bridge } from '#bridges/matrix/index.ts';
import { AS_TOKEN, type FakeHomeserver, type Fault, HS_TOKEN, homeserver, SERVER } from '../../fakes/homeserver.ts';
import type { SyncFault } from '../../fakes/homeserver-accounts.ts';
import type { FakeRoom, Json } from '../../fakes/homeserver-state.ts';
import { type FakeOauth, oauthServer } from '../../fakes/oauth-server.ts';
import type { OpenWire } from '../wire.ts';
import { openSealedDevice, type SealedDevice } from './sealed-device.ts';

const DOMAIN = 'matrix.example';
const PEOPLE: Readonly<Record<string, string>> = { alice: 'Alice', bob: 'Bob' };
const userOf = (name: string): string => {
  if (name.startsWith('@')) return name.includes(':') ? name : `${name}:${SERVER}`;
  const ghost = ['romeo', 'juliet', 'mercutio'].includes(name);
  return ghost ? `@_xmpp_${name}=40a.example:${SERVER}` : `@${name}:${SERVER}`;
};

/**
 * A scripted homeserver with Alice and Bob, and the room #verona that Alice has made. `matrix(alice)> #verona TEXT` is what
 * she says there; `matrix(alice)> #verona TYPE {JSON}` any event, with `TYPE/KEY` a state. `matrix<` is the next thing that
 * is done in the name of the gateway's users: see `homeserver-calls.ts`; `romeo` is the ghost of romeo@a.example. A direct
 * room is called `!direct1`. `matrix(@romeo)>` is who has an account of his own there. `matrix!` orders: see `orders`.
 */
export const openWire: OpenWire = async ({ settings = '{}' }) => {
  const server = await homeserver();
  const { state } = server;
  let clock = Date.now;
  let read = 0;
  const tick = (): void => {
    state.now = clock();
  };
  tick();
  for (const [name, shown] of Object.entries(PEOPLE)) state.users.set(userOf(name), { name: shown });
  state.create('verona', userOf('alice'), { alias: `#verona:${SERVER}` });
  const chosen = JSON.parse(settings) as { policies?: string[] };
  for (const alias of chosen.policies ?? [])
    state.create(alias.slice(1, alias.indexOf(':')), userOf('alice'), { alias });
  const given = orders(server, tick);
  /** Transactions are answered, and clients of accounts have read what there is. */
  const heard = (): Promise<unknown> =>
    server.when(() => server.accounts.quiet && server.sent.every(({ status }) => status !== undefined));
  return {
    name: 'matrix',
    domain: DOMAIN,
    definition: bridge,
    settings: {
      homeserver: { url: server.url, name: SERVER },
      appservice: { as_token: AS_TOKEN, hs_token: HS_TOKEN },
      ...chosen,
    },
    time(now) {
      clock = now;
      tick();
    },
    served(address) {
      server.hooks = [`http://${address}/hooks/${DOMAIN}`];
      server.accounts.forgetFollowers();
    },
    async say(text, who = 'alice') {
      tick();
      if (server.hooks.length === 0) throw new Error('nobody listens: option: files URL');
      const [, name = '', rest = ''] = /^(\S+) (.*)$/.exec(text) ?? [];
      const room = roomOf(server, name);
      const [, type, key, content] = /^([\w.]+)(?:\/(\S*))? (\{.*\})$/.exec(rest) ?? [];
      if (type === undefined)
        state.add(room, userOf(who), 'm.room.message', { msgtype: 'm.text', body: rest.replaceAll('\\n', '\n') });
      else state.add(room, userOf(who), type, JSON.parse(content ?? '{}') as Json, key);
      await heard();
    },
    async hear() {
      tick();
      const line = await server.when(() => server.done[read]);
      read += 1;
      return line;
    },
    async order(text, who) {
      tick();
      const [name = '', ...rest] = text.split(' ');
      const order = given[name];
      if (!order) throw new Error(`matrix knows no order ${name}`);
      await order(rest, who ?? 'alice');
      if (name !== 'hold') await heard();
      if (name === 'sync') await server.when(() => server.accounts.faults.length === 0);
    },
    sync: () => server.quiet(),
    unheard: async () => server.done.slice(read),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

function roomOf({ state }: FakeHomeserver, name: string): FakeRoom {
  return state.room(name.includes(':') ? name : `${name}:${SERVER}`);
}

type Order = (rest: readonly string[], who: string) => unknown;

function orders(server: FakeHomeserver, tick: () => void): Readonly<Record<string, Order>> {
  const { state, accounts } = server;
  let release = (): void => undefined;
  let service: FakeOauth | undefined;
  let device: SealedDevice | undefined;
  let flush: ReturnType<FakeHomeserver['gather']> | undefined;
  return {
    /** `room NAME RULE [SERVER] [nameless]`: she makes one more room, `#NAME` where its rule is public. */
    room: ([name = '', rule = 'public', server = SERVER, nameless], who) => {
      const alias = rule === 'public' ? { alias: `#${name}:${server}` } : {};
      return state.create(name, userOf(who), { rule, server, nameless: nameless !== undefined, ...alias });
    },
    join: ([room = '', name], who) =>
      state.member(
        roomOf(server, room),
        userOf(who),
        userOf(who),
        'join',
        name === undefined ? {} : { displayname: name },
      ),
    leave: ([room = ''], who) => state.member(roomOf(server, room), userOf(who), userOf(who), 'leave'),
    /** `invite ROOM WHOM [direct]`, `kick ROOM WHOM REASON`, `ban ROOM WHOM REASON` */
    invite: ([room = '', whom = '', direct], who) =>
      state.member(roomOf(server, room), userOf(who), userOf(whom), 'invite', direct ? { is_direct: true } : {}),
    kick: ([room = '', whom = '', ...reason], who) =>
      state.member(roomOf(server, room), userOf(who), userOf(whom), 'leave', { reason: reason.join(' ') }),
    ban: ([room = '', whom = '', ...reason], who) =>
      state.member(roomOf(server, room), userOf(who), userOf(whom), 'ban', { reason: reason.join(' ') }),
    typing: ([room = '', ...names]) =>
      server.ephemeral({
        type: 'm.typing',
        room_id: roomOf(server, room).id,
        content: { user_ids: names.map(userOf) },
      }),
    /** `read ROOM EVENT`: she has read up to there. */
    read: ([room = '', event = ''], who) =>
      server.ephemeral({
        type: 'm.receipt',
        room_id: roomOf(server, room).id,
        content: { [event]: { 'm.read': { [userOf(who)]: { ts: state.now } } } },
      }),
    presence: ([presence, ...status], who) =>
      server.ephemeral({
        type: 'm.presence',
        sender: userOf(who),
        content: { presence, ...(status.length > 0 && { status_msg: status.join(' ') }) },
      }),
    /** `idle 90`: she has done nothing for so many seconds. */
    idle: ([seconds], who) => {
      const content = { presence: 'unavailable', last_active_ago: Number(seconds) * 1000 };
      return server.ephemeral({ type: 'm.presence', sender: userOf(who), content });
    },
    /** `fault refuse 403 M_FORBIDDEN [MS]`, `fault html 502`, `fault done 504|break`: the next call that changes something. */
    fault: (rest) => void server.faults.push(faultOf(rest)),
    /** All faults have befallen somebody. */
    faulted: () => server.when(() => server.faults.length === 0),
    /** The last transaction comes once more: as it is, or its events under another id. `repeat earlier`: the one before it does. */
    repeat: async ([how]) => {
      const one = server.sent.at(how === 'earlier' ? -2 : -1);
      if (one) await server.push(one.body, how === 'anew' ? undefined : one.id);
    },
    /** What she says from now on comes as one transaction, at `flush`; `poison` puts what nobody can read before it, `amid` one such event in its middle, `turned` turns it about. */
    gather: () => {
      flush = server.gather();
    },
    flush: ([how]) => flush?.((events) => orderedBy(how, events)),
    /** `user NAME SHOWN`: somebody has an account, with the password `secret`. */
    user: ([name = '', ...shown]) => state.users.set(userOf(name), { name: shown.join(' ') }),
    /** `look NAME [MXC]`: somebody has that picture from now on. */
    look: ([name = '', mxc]) => state.look(userOf(name), mxc),
    /** `sync FAULT`: what befalls the next sync, see `syncFaultOf`. */
    sync: (rest) => {
      accounts.faults.push(syncFaultOf(rest));
      accounts.wake();
    },
    /** What the next sync tells that has something to tell comes at `answer`. */
    overtaken: () => void accounts.faults.push({ kind: 'late' }),
    /** `limit 2`: a sync tells so many events of a room at most. */
    limit: ([most]) => {
      accounts.limit = Number(most);
    },
    /** The homeserver does not know any more what its clients were told. */
    forgotten: () => {
      accounts.oldest = accounts.log.end + 1;
      accounts.wake();
    },
    /** `device NAME TYPE JSON`: another device of his sends that to all of his. */
    device: ([name = '', type = '', ...content]) => {
      const messages = { [userOf(name)]: { '*': JSON.parse(content.join(' ')) as unknown } };
      accounts.keys.send(userOf(name), type, { messages });
      accounts.log.add({ kind: 'device', user: userOf(name) });
      accounts.wake();
    },
    /** `away` and `back`: what happens meanwhile is told in one sync. */
    away: () => {
      accounts.held = true;
    },
    back: () => {
      accounts.held = false;
      accounts.wake();
    },
    /** Logins from now on have tokens that are renewed. */
    renewing: () => {
      accounts.renewing = true;
    },
    /** `claim NAME`: every token is said to be his from now on. */
    claim: ([name = '']) => {
      accounts.claimed = userOf(name);
    },
    /** `client NAME`: his other client has the token `token-PHONE`. */
    client: ([name = '']) => void accounts.login(userOf(name), 'PHONE'),
    /** `sealed`: she has a device with keys. `whisper ROOM TEXT` is what she says encrypted, `whisper-late ROOM TEXT` the same with its key only at `keys`. */
    sealed: async (_, who) => {
      device = await openSealedDevice(server, userOf(who));
    },
    whisper: ([room = '', ...words]) => device?.say(roomOf(server, room), words.join(' '), false),
    'whisper-late': ([room = '', ...words]) => device?.say(roomOf(server, room), words.join(' '), true),
    keys: () => device?.give(),
    /** `reads ROOM TEXT`: that is what her device reads of what was said last there. */
    reads: async ([room = '', ...words]) => {
      const last = await device?.last(roomOf(server, room));
      if (last !== words.join(' ')) throw new Error(`she reads: ${last}`);
    },
    /** `browser NAME PAGE`: he logs in on the page of the homeserver in a browser, which is sent back to where the page says. */
    browser: async ([name = '', page = '']) => {
      const back = /^([^?]+)\/login\/sso\/redirect\?redirectUrl=([^&]+)$/.exec(page);
      if (back?.[1] !== `${server.url}/_matrix/client/v3`) throw new Error(`no page of the homeserver: ${page}`);
      const { pathname } = new URL(decodeURIComponent(back[2] ?? ''));
      const answer = await fetch(
        `${new URL(server.hooks[0] ?? '').origin}${pathname}?loginToken=${accounts.browse(userOf(name))}`,
      );
      if (answer.status !== 200) throw new Error(`the browser is told ${answer.status}: ${await answer.text()}`);
    },
    /** `oauth NAME`: logins are those of an authentication service that has devices; `approve` is his word there, `asked 2` waits for so many questions. */
    oauth: async ([name = '']) => {
      service = await oauthServer((token) => {
        const [, device = ''] = /urn:matrix:client:device:(\S+)/.exec(service?.scope ?? '') ?? [];
        accounts.adopt(userOf(name), device, token);
      });
      accounts.delegated = true;
      accounts.oauth = service.url;
    },
    approve: () => service?.approve(),
    asked: ([count]) => service?.when(() => (service?.asked ?? 0) >= Number(count)),
    /** Nobody needs it any more. */
    'no-oauth': () => service?.[Symbol.asyncDispose](),
    /** Logins are those of an authentication service beside the homeserver from now on. */
    delegated: () => {
      accounts.delegated = true;
    },
    /** `end NAME [softly [for good]]`: his tokens are void, or have to be renewed, or cannot be. */
    end: ([name = '', softly, over]) => accounts.end(userOf(name), softly !== undefined, over !== undefined),
    /** `data NAME [ROOM] TYPE JSON`: his other client keeps something. */
    data: ([name = '', ...rest]) => {
      const [room, type = '', content = ''] = rest.length === 3 ? rest : ['', ...rest];
      const id = room === '' || room === undefined ? '' : roomOf(server, room).id;
      accounts.log.setData(userOf(name), id, type, JSON.parse(content) as Json);
      accounts.wake();
    },
    /** Ghosts' messages are read and not done, until `release`. */
    hold: () => {
      release = server.hold();
    },
    /**
     * `silence PART`: calls whose method and path have that in them, with a `$` and who calls at their end, are read and never
     * answered, until `speak`; `unanswered COUNT` waits for so many since then.
     */
    silence: ([...part]) => {
      server.silent.add(part.join(' '));
      server.ignored = 0;
    },
    unanswered: ([count]) => server.when(() => server.ignored >= Number(count)),
    /** `garble PART`: such calls are answered with a page of a proxy, until `speak`. */
    garble: ([...part]) => void server.garbled.add(part.join(' ')),
    /** `forbid PART`: such calls are refused, until `speak`; `forbade COUNT` waits for so many. */
    forbid: ([...part]) => void server.forbidden.add(part.join(' ')),
    forbade: ([count]) => server.when(() => server.forbade >= Number(count)),
    /** `speak [PART]`: they are answered again, or those that were put off under this name. */
    speak: ([...part]) => {
      for (const list of [server.silent, server.garbled, server.forbidden, server.slow])
        if (part.length > 0) list.delete(part.join(' '));
        else list.clear();
    },
    /** `slow PART`: such calls are done, and answered at `answer [PART]`; `late COUNT` waits for so many. */
    slow: ([...part]) => void server.slow.add(part.join(' ')),
    late: ([count]) => server.when(() => server.late >= Number(count)),
    answer: ([...part]) => server.answerLate(part.length > 0 ? part.join(' ') : undefined),
    held: ([count]) => server.when(() => server.held >= Number(count)),
    release: () => release(),
    /** `unreachable SERVER [cached]`: another homeserver that ours does not reach, until `reachable`; it may know the devices there. */
    unreachable: ([name = '', known]) => void state.unreachable.set(name, known === 'cached' ? known : 'unknown'),
    reachable: ([name = '']) => void state.unreachable.delete(name),
    /** `directory 403 M_FORBIDDEN`: the directories of rooms and people are answered so from now on. */
    directory: ([status, errcode = '']) => {
      state.directory = [Number(status), errcode];
    },
    /** `large ROOM BYTES [CHARACTER]`: she says so much. */
    large: ([room = '', bytes, character = 'x'], who) =>
      state.add(roomOf(server, room), userOf(who), 'm.room.message', {
        msgtype: 'm.text',
        body: character.repeat(Number(bytes)),
      }),
    /** `long ROOM TYPE[/KEY] JSON`: an event of hers in which `…` stands for 60,000 characters that are longer in XML. */
    long: ([room = '', of = '', ...json], who) => {
      const [type = '', key] = of.split(/\/(.*)/);
      const content = JSON.parse(json.join(' ').replaceAll('…', '\\"'.repeat(60_000))) as Json;
      state.add(roomOf(server, room), userOf(who), type, content, key);
    },
    /** `flood ROOM COUNT`: she changes so many states that say nothing, and as often who may do what. */
    flood: ([room = '', count], who) => {
      const levels = { users: { [userOf(who)]: 100 } };
      for (let index = 0; index < Number(count); index++) {
        state.add(roomOf(server, room), userOf(who), `org.example.${index}`, { index }, `key ${index}`);
        state.add(roomOf(server, room), userOf(who), 'm.room.power_levels', { ...levels, invite: index % 50 }, '');
      }
    },
    /** `uploads BYTES now|before|untold`: the most of a file that is taken, and which of the paths tells it. */
    uploads: ([most, told]) => {
      state.uploads = { most: Number(most), told };
    },
    /** `past ROOM COUNT TIME`: she has said `1`, `2` and so on there, each a second after the other, from that time (ms) on. */
    past: ([room = '', count, time], who) => {
      for (let index = 1; index <= Number(count); index++) {
        state.now = Number(time) + (index - 1) * 1000;
        const content = { msgtype: 'm.text', body: String(index) };
        state.add(roomOf(server, room), userOf(who), 'm.room.message', content);
      }
      tick();
    },
    /** `pages 5`: a page of history holds so many events at most. */
    pages: ([most]) => {
      state.historyPage = Number(most);
    },
    /** `file ID TYPE TEXT`: a file in the media repository. */
    file: ([id = '', type = '', ...words]) => {
      tick();
      state.media.set(id, { type, bytes: Buffer.from(words.join(' ')) });
    },
  };
}

function orderedBy(how: string | undefined, events: Json[]): Json[] {
  if (how === 'poison') return [...POISON, ...events] as Json[];
  const middle = Math.floor(events.length / 2);
  if (how === 'amid') return [...events.slice(0, middle), POISON[4] as Json, ...events.slice(middle)];
  return how === 'turned' ? events.toReversed() : events;
}

const POISON: readonly unknown[] = [
  null,
  7,
  [],
  { type: 'm.room.message' },
  { event_id: '$x', room_id: `!verona:${SERVER}`, sender: `@alice:${SERVER}`, type: 'm.room.message', content: null },
  {
    event_id: '$y',
    room_id: `!verona:${SERVER}`,
    sender: `@alice:${SERVER}`,
    type: 'm.reaction',
    content: { 'm.relates_to': 7 },
  },
  { event_id: '$z', room_id: `!verona:${SERVER}`, sender: `@alice:${SERVER}`, type: 'm.room.redaction', content: {} },
];

/** `refuse 429 M_LIMIT_EXCEEDED [MS]`, `html 502`, `redirect URL`, `break`, `silence`, `large BYTES`, `repeat`, `poison`. */
function syncFaultOf(words: readonly string[]): SyncFault {
  const [kind = '', first = ''] = words;
  if (kind === 'redirect') return { kind, to: first };
  if (kind === 'large') return { kind, bytes: Number(first) };
  if (kind === 'poison') return { kind, events: POISON };
  if (kind === 'break' || kind === 'silence' || kind === 'repeat') return { kind };
  const fault = faultOf(words);
  if (fault.kind === 'done-then') throw new Error(`no fault of a sync: ${kind}`);
  return fault;
}

function faultOf([kind, first, second, wait]: readonly string[]): Fault {
  if (kind === 'html') return { kind, status: Number(first) };
  if (kind === 'done') return { kind: 'done-then', status: first === 'break' ? 'break' : Number(first) };
  const body = { errcode: second, error: '', ...(wait !== undefined && { retry_after_ms: Number(wait) }) };
  return { kind: 'refuse', status: Number(first), body };
}
