import { bridgeContract } from './bridge.ts';
import { ircContract } from './irc.ts';

bridgeContract(
  ircContract('IRC with echoes', ['echo-message', 'message-tags', 'draft/message-redaction', 'draft/read-marker']),
);
bridgeContract(ircContract('IRC without echoes', ['message-tags', 'draft/message-redaction', 'draft/read-marker']));
