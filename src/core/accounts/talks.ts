import type { Bridge, BridgeDefinition, Command, CommandWork, Credentials, Host, Session, Step } from '#src/bridge.ts';
import type { Dialogues, Talker } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { type AccountKey, accountKey, splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Accounts } from './accounts.ts';
import type { Dialogues as Running } from './dialogue.ts';
import type { Logins } from './logins.ts';

/** The logins and commands of a transport, with config and host bound to them. `signal` ends with the dialogue. */
export type TransportTalks = {
  readonly logins: readonly {
    readonly name: string;
    readonly oneForm: boolean;
    start(signal: AbortSignal): AsyncGenerator<Step, Credentials, Answer>;
  }[];
  readonly commands: readonly (Omit<Command, 'run'> & {
    run(
      work: Pick<CommandWork, 'bridge' | 'place' | 'session'>,
      signal: AbortSignal,
    ): AsyncGenerator<Step, string, Answer>;
  })[];
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
      start: (signal) => login.start(config, until(signal)),
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
  readonly dialogues: Running;
  readonly logins: Logins;
  transport(domain: string): { readonly talks: TransportTalks; bridge(): Bridge };
  /** The account was registered by a login. */
  enrolled(account: AccountKey): Promise<void>;
  /** The session of the account that the place belongs to, if it is online. */
  session(place: Place): Session | undefined;
};

/** Who may begin which dialogue, and what becomes of its end. */
export function openTalks({ accounts, admins, dialogues, logins, ...parts }: TalkParts): Dialogues {
  function check({ user }: Talker): void {
    if (!accounts.permitted(user)) throw accounts.refusal();
  }

  return {
    async login(who, { transport, realm, name }) {
      check(who);
      const login = parts.transport(transport).talks.logins.find((one) => one.name === name);
      if (!login) throw new Failure('item-not-found');
      return dialogues.start(who.owner, {
        start: login.start,
        async finish(credentials: Credentials) {
          const account = accountKey(who.user, transport);
          await logins.register({ account, realm }, credentials);
          await parts.enrolled(account);
          return 'You are registered.';
        },
      });
    },
    async command(who, { place, on, node }) {
      check(who);
      const { talks, bridge } = parts.transport(placeTransport(place));
      const command = talks.commands.find((one) => one.node === node && one.on === on);
      if (!command) throw new Failure('item-not-found');
      if (place.kind !== 'shared' && splitAccount(place.account).user !== who.user) throw new Failure('not-permitted');
      // SECURITY rule 13: bare JIDs, matched exactly.
      if (command.who === 'admin' && !admins.includes(who.user)) throw new Failure('not-permitted');
      const session = parts.session(place);
      const work = { bridge: bridge(), place, ...(session && { session }) };
      return dialogues.start(who.owner, {
        start: (signal) => command.run(work, signal),
        finish: async (text: string) => text,
      });
    },
    answer: dialogues.answer,
    cancel: dialogues.cancel,
  };
}
