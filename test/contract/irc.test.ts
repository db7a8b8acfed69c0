import { bridgeContract } from './bridge.ts';
import { ircContract } from './irc.ts';

bridgeContract(ircContract('IRC with echoes', ['echo-message', 'message-tags']));
bridgeContract(ircContract('IRC without echoes', []));
