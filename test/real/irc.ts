// The line client of the demo serves the tests as well.
export { type IrcClient, type IrcClientOptions, type IrcLine, ircClient } from '#src/cli/demo/irc-client.ts';
