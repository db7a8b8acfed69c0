import { ircClient as connect, type IrcClient, type IrcClientOptions } from '#src/process/cli/demo/irc-client.ts';
import { PATIENCE } from '../patience.ts';

export type { IrcClient, IrcClientOptions, IrcLine } from '#src/process/cli/demo/irc-client.ts';

/** The line client of the demo serves the tests as well: it waits as long as they do. */
export const ircClient = (options: IrcClientOptions): Promise<IrcClient> => connect({ patience: PATIENCE, ...options });
