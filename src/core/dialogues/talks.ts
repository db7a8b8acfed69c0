import type {
  Bridge,
  BridgeDefinition,
  Command,
  CommandWork,
  Credentials,
  Host,
  SessionKey,
  Step,
} from '#src/bridge.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import type { Logins } from '#src/core/accounts/logins.ts';
import type { OpenSettings } from '#src/core/accounts/settings.ts';
import type { Dialogues } from '#src/core/index.ts';
import type { People } from '#src/core/people/people.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { RunningDialogues } from './dialogue.ts';

/** The logins and commands of a transport, with config and host bound to them. `signal` ends with the dialogue. */
export type TransportTalks = {
  readonly logins: readonly {
    readonly name: string;
    readonly oneForm: boolean;
    readonly guests: boolean;
    start(signal: AbortSignal, key: SessionKey): AsyncGenerator<Step, Credentials, Answer>;
  }[];
  readonly commands: readonly BoundCommand[];
};

/** A command with all that it works with but the place and the account of whoever calls it. */
export type BoundCommand = Omit<Command, 'run'> & {
  run(
    work: Pick<CommandWork, 'bridge' | 'account' | 'place' | 'session'>,
    signal: AbortSignal,
  ): AsyncGenerator<Step, string, Answer>;
};

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
  readonly logins: Logins;
  /** The commands of the gateway itself on a transport. */
  own(transport: string): readonly BoundCommand[];
  transport(domain: string): { readonly talks: TransportTalks; bridge(): Bridge };
  readonly people: Pick<People, 'enrolled'>;
  readonly sessions: Pick<Sessions, 'get' | 'need'>;
  readonly settings: Pick<OpenSettings, 'staysConnected'>;
  realm(place: Place): string;
};

/** Who may begin which dialogue, and what becomes of its end. */
export function openTalks({
  accounts,
  admins,
  dialogues,
  logins,
  people,
  sessions,
  settings,
  ...parts
}: TalkParts): Dialogues {
  const commandsOf = (transport: string): readonly BoundCommand[] => [
    ...parts.transport(transport).talks.commands,
    ...parts.own(transport),
  ];
  // SECURITY rule 13: bare JIDs, matched exactly.
  const isFor = (user: BareJid, { who }: BoundCommand): boolean => who === 'user' || admins.includes(user);

  return {
    async login(who, { transport, realm, name }) {
      accounts.admit(who.user);
      const login = parts.transport(transport).talks.logins.find((one) => one.name === name);
      if (!login) throw new Failure('item-not-found');
      const account = accountKey(who.user, transport);
      return dialogues.start(who.owner, {
        start: (signal) => login.start(signal, { account, realm }),
        async finish(credentials: Credentials) {
          await logins.register({ account, realm }, credentials);
          // Whoever stays connected is connected by it; others with their first room.
          if (await settings.staysConnected(account)) sessions.need({ account, realm }, undefined, true);
          const welcome = await people.enrolled(account);
          welcome();
          return 'You are registered.';
        },
      });
    },
    async command(who, { place, on, node }) {
      accounts.admit(who.user, place);
      const transport = placeTransport(place);
      const command = commandsOf(transport).find((one) => one.node === node && one.on === on);
      if (!command) throw new Failure('item-not-found');
      if (!isFor(who.user, command)) throw new Failure('not-permitted');
      const account = accountKey(who.user, transport);
      const session = sessions.get({ account, realm: parts.realm(place) });
      const work = { bridge: parts.transport(transport).bridge(), account, place, ...(session && { session }) };
      return dialogues.start(who.owner, {
        start: (signal) => command.run(work, signal),
        finish: async (text: string) => text,
      });
    },
    offered: (user, transport) =>
      accounts.permitted(user) ? commandsOf(transport).filter((one) => isFor(user, one)) : [],
    answer: dialogues.answer,
    back: dialogues.back,
    cancel: dialogues.cancel,
  };
}
