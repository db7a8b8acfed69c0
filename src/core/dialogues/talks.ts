import { createHash } from 'node:crypto';
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import type {
  BridgeDefinition,
  Command,
  CommandWork,
  Credentials,
  Host,
  OpenSessions,
  SessionKey,
  Step,
} from '#src/bridge.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import type { Identities } from '#src/core/identities.ts';
import type { Dialogues, Told } from '#src/core/index.ts';
import type { Limits } from '#src/core/limits.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { accountKey, type BareJid, bareOf } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { RunningDialogues } from './dialogue.ts';

/** The logins and commands of a transport, with config and host bound to them. `signal` ends with the dialogue. */
export type TransportTalks = {
  readonly logins: readonly {
    readonly name: Words;
    readonly oneForm: boolean;
    readonly guests: boolean;
    start(signal: AbortSignal, key: SessionKey): AsyncGenerator<Step, Credentials, Answer>;
  }[];
  readonly commands: readonly BoundCommand[];
};

/** A command with all that it works with but the place and the account of whoever calls it. */
export type BoundCommand = Omit<Command, 'run'> & {
  run(work: Omit<CommandWork, 'config' | 'host'>, signal: AbortSignal): AsyncGenerator<Step, CommandEnd, Answer>;
};

/** What is told at the end; as a function, what is done once the dialogue is over, which that may end. */
export type CommandEnd = Words | Told | (() => Promise<Words>);

/** Binds a definition's logins and commands to their config. `host` is asked for when a dialogue begins. */
export function talksOf({ logins, commands }: BridgeDefinition, config: unknown, host: () => Host): TransportTalks {
  const until = (signal: AbortSignal): Host => {
    const whole = host();
    return { ...whole, signal: AbortSignal.any([whole.signal, signal]) };
  };
  return {
    logins: logins.map((login) => ({
      name: login.name,
      oneForm: login.oneForm === true,
      guests: login.guests === true,
      start: (signal, key) => login.start({ config, host: until(signal), ...key }),
    })),
    commands: commands.map((command) => ({
      ...command,
      run: (work, signal) => command.run({ ...work, config, host: until(signal) }),
    })),
  };
}

export type TalkParts = {
  readonly accounts: Accounts;
  readonly admins: readonly string[];
  readonly dialogues: RunningDialogues;
  readonly identities: Pick<Identities, 'of'>;
  readonly limits: Limits;
  readonly log: Log;
  /** The commands of the gateway itself on a transport. */
  own(transport: string): readonly BoundCommand[];
  transport(domain: string): Pick<Transport, 'talks' | 'bridge' | 'realms' | 'onlyRealm' | 'addresses'>;
  readonly sessions: Pick<Sessions, 'get' | 'list' | 'drop'>;
  readonly rooms: Pick<Rooms, 'seats'>;
  realm(place: Place): string;
};

/** SECURITY rule 14: the log has no addresses, and its reader can tell by this which of the admins it was. */
const pseudonym = (user: BareJid): string => createHash('sha256').update(user).digest('hex').slice(0, 12);

/** Who may begin which command, and where. */
export function openTalks({
  accounts,
  admins,
  dialogues,
  identities,
  limits,
  log,
  sessions,
  ...parts
}: TalkParts): Dialogues {
  function commandsOf(transport: string): readonly BoundCommand[] {
    const { talks, realms, onlyRealm, addresses } = parts.transport(transport);
    const isTaken = ({ node, on }: BoundCommand): boolean =>
      talks.commands.some((one) => one.node === node && one.on === on);
    const all = [...talks.commands, ...parts.own(transport).filter((one) => !isTaken(one))];
    if (onlyRealm !== undefined)
      return [...all.map(apart), ...onGateway(all, 'server').map((one) => within(one, onlyRealm))];
    // A realm that has no address of its own has that of the gateway.
    if (!realms.some((realm) => isNameless(realm, addresses))) return all;
    return [...all.filter(({ on }) => on !== 'realm'), ...onGateway(all, 'realm')];
  }
  /** A command of a realm, called elsewhere. */
  const within = (command: BoundCommand, realm: string): BoundCommand => ({
    ...command,
    run({ account, ...work }, signal) {
      const session = sessions.get({ account, realm });
      return command.run(
        { ...work, account, place: { kind: 'realm', account, realm }, ...(session && { session }) },
        signal,
      );
    },
  });
  const openSessions = (transport: string): OpenSessions => ({
    list: () => sessions.list(transport),
    clients: ({ account, realm }) =>
      [...parts.rooms.seats(transport)].filter(
        ({ place, jid }) => accountKey(bareOf(jid), transport) === account && parts.realm(place) === realm,
      ),
    end: ({ account, realm }, words) =>
      sessions.drop(account, new Failure('not-allowed', { text: words }), 'left', { realm, words }),
  });
  // SECURITY rule 13: bare JIDs, matched exactly.
  const isFor = (user: BareJid, { who }: BoundCommand): boolean => who === 'user' || admins.includes(user);

  const hasOwn = (user: BareJid, transport: string, { identity }: BoundCommand): boolean =>
    identity !== 'own' || identities.of(accountKey(user, transport)) === 'own';

  return {
    async command({ owner, user }, of) {
      const { place, on, node } = of;
      accounts.admit(user, place);
      const transport = placeTransport(place);
      const command = commandsOf(transport).find((one) => one.node === node && one.on === on);
      if (!command) throw new Failure('item-not-found', { text: texts.noSuchCommand });
      if (!isFor(user, command)) throw new Failure('not-permitted');
      if (!hasOwn(user, transport, command)) throw new Failure('not-registered', { text: texts.ownAccount });
      limits.spend('messages', user);
      if (command.who === 'admin')
        log.info({ event: 'admin command', by: pseudonym(user), transport, node }, 'an admin command');
      const account = accountKey(user, transport);
      const session = sessions.get({ account, realm: parts.realm(place) });
      const work = {
        ...{ bridge: parts.transport(transport).bridge(), account, place, ...(session && { session }) },
        ...{ admin: admins.includes(user), sessions: openSessions(transport) },
      };
      return dialogues.start(owner, {
        of,
        start: (signal) => command.run(work, signal),
        async finish(end) {
          const told = typeof end === 'function' ? await end() : end;
          return typeof told !== 'string' && 'text' in told ? told : { text: told };
        },
      });
    },
    offered: (user, transport) =>
      accounts.permitted(user)
        ? commandsOf(transport).filter((one) => isFor(user, one) && hasOwn(user, transport, one))
        : [],
    begun: (user) => dialogues.begun((owner) => bareOf(owner) === user),
    answer: dialogues.answer,
    back: dialogues.back,
    cancel: dialogues.cancel,
  };
}

const isNameless = (realm: string, { format }: Transport['addresses']): boolean =>
  format({ kind: 'realm', realm, name: '' }) === '';

/** What is on a realm, on the gateway; under another name, where that has a command of this one. */
function onGateway(commands: readonly BoundCommand[], prefix: string): BoundCommand[] {
  const taken = new Set(commands.filter(({ on }) => on === 'gateway').map(({ node }) => node));
  return commands
    .filter(({ on }) => on === 'realm')
    .map((one) => ({ ...one, on: 'gateway', node: taken.has(one.node) ? `${prefix}-${one.node}` : one.node }));
}

/** What is set for the gateway is told from what is set for the one server by its name. */
const apart = (command: BoundCommand): BoundCommand =>
  command.on === 'gateway' && command.node === 'configure' ? { ...command, node: 'global-configure' } : command;
