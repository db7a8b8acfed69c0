// The line client of the demo serves the tests as well.
export { type IrcClient, type IrcClientOptions, type IrcLine, ircClient } from '#src/process/cli/demo/irc-client.ts';
