import { pigeonContract } from '../invented/network.ts';
import { bothBridge, bridge, ghostBridge, sharedBridge, shyBridge } from '../invented/pigeon/index.ts';
import { bridgeContract } from './bridge.ts';

bridgeContract(pigeonContract('the invented network', bridge, { file_size: '1MB' }));
bridgeContract(pigeonContract('the invented network with shared rooms', sharedBridge));
bridgeContract(pigeonContract('the invented network without sessions', ghostBridge));
bridgeContract(pigeonContract('the invented network that asks nobody for markers', shyBridge));

/** As who has logged in has it: their rooms are their own. */
const { facts, policy } = bothBridge.mapping;
const loggedIn = { ...bothBridge, mapping: { facts: { ...facts, rooms: 'room' as const }, policy } };
bridgeContract(pigeonContract('the invented network where people have logged in beside guests', loggedIn));
